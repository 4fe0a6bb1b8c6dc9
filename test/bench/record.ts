import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { type Figure, measured, target, verdict } from './report.ts';

/** What one version of Node has shown, each benchmark as it was last recorded. */
interface Recorded {
  readonly node: string;
  readonly benchmarks: Readonly<Record<string, Measurement>>;
}

interface Measurement {
  /** The day, as in 2026-11-21. */
  readonly on: string;
  readonly machine: string;
  readonly hearth: string;
  readonly figures: readonly Figure[];
}

// The bundle is two folders below the root, as this file is.
const root = new URL('../../', import.meta.url);
/** Where the project's figures are recorded. */
export const docs = new URL('docs/', root);
const begin = '<!-- What follows is written by npm run bench. -->';
const end = '<!-- What npm run bench writes ends here. -->';

/**
 * Keeps the figures of a benchmark beside what other versions of Node have shown, in the folder `benchmarks`
 * below `place`, and writes all of them to `benchmarks.md` there, between its marks, in tables that have a
 * column for each version. Throws when the page has no marks.
 */
export function record(benchmark: string, figures: readonly Figure[], place: URL): void {
  const node = process.versions.node;
  const folder = new URL('benchmarks/', place);
  const file = new URL(`node-${node.split('.')[0]}.json`, folder);
  const measurement = { on: new Date().toISOString().slice(0, 10), machine: machine(), hearth: versionOfHearth(), figures };
  mkdirSync(folder, { recursive: true });
  const before = read(file)?.benchmarks ?? {};
  const recorded: Recorded = { node, benchmarks: { ...before, [benchmark]: measurement } };
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
  writePage(new URL('benchmarks.md', place), readAll(folder));
}

function writePage(page: URL, all: readonly Recorded[]): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('benchmarks.md has lost the marks around its tables. Restore them from the repository.');
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${tables(all)}\n${text.slice(to)}`);
}

function readAll(folder: URL): readonly Recorded[] {
  return readdirSync(folder)
    .filter((name) => /^node-\d+\.json$/.test(name))
    .toSorted((a, b) => Number(a.slice(5, -5)) - Number(b.slice(5, -5)))
    .flatMap((name) => read(new URL(name, folder)) ?? []);
}

function read(file: URL): Recorded | undefined {
  try {
    // Written by this file alone.
    return JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) => (key === 'value' && value === null ? NaN : value)) as Recorded;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tables(all: readonly Recorded[]): string {
  const names = [...new Set(all.flatMap(({ benchmarks }) => Object.keys(benchmarks)))];
  const aims = names.flatMap((name) =>
    rowsOf(name, all, (figure) => hasTarget(figure) && !isExpected(figure)).map((row) => [name, ...row]),
  );
  const counts = names.flatMap((name) => rowsOf(name, all, isExpected)).length;
  const versions = all.map(({ node }) => `Node ${node}`);
  const sections = names.map((name) => section(name, all, versions));
  const left = `Not in this table, but below: ${counts} counts that are as expected, such as sockets that got a message and requests that were lost.`;
  const table = toMarkdown(['benchmark', 'what', 'target', ...versions], aims);
  return ['### Figures with a target', table, left, '### All figures', ...sections].join('\n\n').concat('\n');
}

function section(name: string, all: readonly Recorded[], versions: readonly string[]): string {
  const lines = all.flatMap(({ node, benchmarks }) => {
    const { on, machine: where, hearth } = benchmarks[name] ?? {};
    return on === undefined ? [] : [`Node ${node}: Hearth ${hearth}, ${on}, ${where}.`];
  });
  const table = toMarkdown(
    ['what', 'target', ...versions],
    rowsOf(name, all, () => true),
  );
  return `<details>\n<summary><code>${name}</code></summary>\n\n${lines.join('<br>\n')}\n\n${table}\n\n</details>`;
}

function hasTarget({ most, least }: Figure): boolean {
  return most !== undefined || least !== undefined;
}

/** Whether it is a count, and as expected: nothing was lost, everybody was reached. */
function isExpected({ value, most, least }: Figure): boolean {
  return (most === 0 && value === 0) || (least !== undefined && value === least);
}

/** A row for each figure of a benchmark that any version has: what it is, its target, and what each version has shown. */
function rowsOf(name: string, all: readonly Recorded[], isWanted: (figure: Figure) => boolean): string[][] {
  const columns = all.map(({ benchmarks }) => new Map((benchmarks[name]?.figures ?? []).map((figure) => [figure.name, figure])));
  const wanted = new Map(columns.flatMap((column) => [...column]).filter(([, figure]) => isWanted(figure)));
  return [...wanted.keys()].map((what) => {
    const figures = columns.map((column) => column.get(what));
    const aims = new Set(figures.flatMap((figure) => (figure && hasTarget(figure) ? [target(figure)] : [])));
    return [what, [...aims].join('; '), ...figures.map((figure) => (figure ? cell(figure) : ''))];
  });
}

function cell(figure: Figure): string {
  return verdict(figure) === 'MISSED' ? `**${measured(figure)}, missed**` : measured(figure);
}

function toMarkdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => line(row))].join('\n');
}

function machine(): string {
  const [cpu] = os.cpus();
  const system = `${os.type()} ${os.release().split('.').slice(0, 2).join('.')}`;
  return `${os.availableParallelism()} × ${cpu?.model.trim() ?? os.arch()}, ${Math.round(os.totalmem() / 1024 ** 3)} GB, ${system}`;
}

function versionOfHearth(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { readonly version: string };
  return version;
}
