import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';
import { isWatchdogReport } from './worker-message.ts';

/** Gets reports, and why what came is none. Its functions MUST NOT throw. */
export interface ReportListener {
  report(report: WatchdogReport): void;
  garbled(what: string): void;
}

/** Characters of one report: it holds the worker's last log lines. */
const reportLimit = 16 * 1024 ** 2;

/** Reads what the watchdog of a worker reports, a line of JSON each, on a pipe of its own. */
export function readReports(child: ChildProcess, listener: ReportListener): void {
  const [, , , , stream] = child.stdio;
  if (!(stream instanceof Readable)) return;
  // A worker that dies may take the pipe with it at any moment.
  stream.on('error', () => {});
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) readReport(line, listener);
    if (rest.length > reportLimit) {
      rest = '';
      listener.garbled('the watchdog sent a report without an end');
    }
  });
}

function readReport(line: string, listener: ReportListener): void {
  const report = parse(line);
  if (isWatchdogReport(report)) listener.report(report);
  else listener.garbled('the watchdog sent a report that no watchdog sends');
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
