import type { LoggedRecord } from '../api/queries.ts';

/** Lines as a text file has them: time, level, function, message, and the stack below. */
function toPlainText(lines: readonly LoggedRecord[]): string {
  return lines.map((record) => `${headOf(record)}\n${record.stack === undefined ? '' : `${indent(record.stack)}\n`}`).join('');
}

/** Has the browser save the lines as a file. */
export function downloadLines(lines: readonly LoggedRecord[]): void {
  const address = URL.createObjectURL(new Blob([toPlainText(lines)], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `hearth-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.log`;
  link.click();
  URL.revokeObjectURL(address);
}

function headOf({ time, level, function: name, revision, requestId, message }: LoggedRecord): string {
  const origin = name === undefined ? 'host' : `${name}${revision === undefined ? '' : `#${revision}`}`;
  const request = requestId === undefined ? '' : ` {${requestId}}`;
  return `${new Date(time).toISOString()} ${level.padEnd(5)} ${origin}${request} ${message}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
