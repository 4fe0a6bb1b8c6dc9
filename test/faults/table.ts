import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Noticed } from './bystanders.ts';
import { catalogue } from './catalogue.ts';
import type { Fault } from './catalogue/fault.ts';
import type { Observation } from './witness.ts';

/** One row of the table: what was seen of one fault. */
export interface Row {
  readonly id: string;
  readonly fault: string;
  readonly guilty: string;
  readonly others: string;
  readonly log: string;
}

const page = fileURLToPath(new URL('../../docs/faults.md', import.meta.url));
const begin = '<!-- faults: measured -->';
const end = '<!-- /faults -->';
const head = '| | the fault | the culprit sees | everybody else | the log |\n|---|---|---|---|---|';

/** The ids of the page's rows, in their order. */
export function readRows(): ReadonlyMap<string, string> {
  const text = readFileSync(page, 'utf8');
  const table = text.slice(text.indexOf(begin), text.indexOf(end));
  return new Map(Array.from(table.matchAll(/^\| `([\w-]+)` \|.*$/gm), ([line, id = '']) => [id, line]));
}

/** Puts these rows into the page's table, which keeps the catalogue's order; rows of faults that are no more go. */
export function writeRows(rows: readonly Row[]): void {
  const lines = new Map([...readRows(), ...rows.map((row) => [row.id, show(row)] as const)]);
  const ordered = catalogue.map(({ id, fault, todo }) => {
    const gap = todo === undefined ? 'not measured' : `**not contained yet**: ${todo}`;
    const line = todo === undefined ? lines.get(id) : undefined;
    return line ?? show({ id, fault, guilty: '–', others: gap, log: '–' });
  });
  const text = readFileSync(page, 'utf8');
  const table = [begin, head, ...ordered, end].join('\n');
  writeFileSync(page, text.slice(0, text.indexOf(begin)) + table + text.slice(text.indexOf(end) + end.length));
}

function show({ id, fault, guilty, others, log }: Row): string {
  return `| \`${id}\` | ${[fault, guilty, others, shorten(log)].map(escape).join(' | ')} |`;
}

/** What differs from one time to the next says nothing. */
function shorten(message: string): string {
  const steady = message
    .replace(/ The next worker takes over; crash report \S+/, '')
    .replace(/the worker \(pid \d+\) /, 'the worker ')
    .replaceAll(/[0-9a-f-]{36}/g, '…')
    .replace(/\n[^]*/, '')
    .replace(/(.)\1{20,}/, '$1$1$1 …');
  return steady.length > 160 ? `${steady.slice(0, 160)} …` : steady;
}

function escape(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}

/** What was seen of a fault, for people. */
export function toRow({ id, fault }: Fault, { seen, noticed, log }: Observation): Row {
  return { id, fault, guilty: seen, others: describe(noticed), log: log ?? '–' };
}

function describe({ lost, reset, longestWait }: Noticed): string {
  const wait = `longest wait ${roundWait(longestWait)}`;
  if (lost.length === 0 && reset === 0) return `nothing lost; ${wait}`;
  const codes = [...new Set(lost)].join(', ');
  return `lost ${lost.length} sockets (${codes}) and ${reset} requests; ${wait}`;
}

/** Coarse, because the next measurement differs. */
function roundWait(ms: number): string {
  if (ms < 50) return '< 50 ms';
  if (ms < 1000) return `≈ ${Math.ceil(ms / 100) * 100} ms`;
  return `≈ ${(ms / 1000).toFixed(1)} s`;
}
