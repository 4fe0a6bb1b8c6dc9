import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, it } from 'vitest';
import { record } from './record.ts';

const marks = '<!-- What follows is written by npm run bench. -->\nold\n<!-- What npm run bench writes ends here. -->';

/** A folder with a page; answers what the page holds after the figures. */
function place(text: string): { readonly url: URL; readonly read: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-record-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, 'benchmarks.md');
  writeFileSync(page, text);
  return { url: pathToFileURL(`${folder}/`), read: () => readFileSync(page, 'utf8') };
}

it('record() writes figures between the marks and keeps what stands around them', () => {
  const { url, read } = place(`# Before\n${marks}\nafter\n`);
  record('http', [{ name: 'Hearth / koa', value: 0.5, unit: '', least: 1.05, spread: [0.4, 0.6] }], url);
  record('ws', [{ name: 'echoes', value: 20_000, unit: '/s' }], url);
  const text = read();
  expect(text).toMatch(/^# Before\n/);
  expect(text).toMatch(/\nafter\n$/);
  expect(text).not.toContain('old');
  expect(text).toContain('| http | Hearth / koa | >= 1.05 | **0.5 (0.4 … 0.6), missed** |');
  expect(text).toContain('| echoes |  | 20,000 /s |');
});

it('record() keeps what another version of Node has shown, in a column of its own', () => {
  const { url, read } = place(marks);
  const figure = { name: 'p50', unit: 'ms', most: 5 };
  const measurement = { on: '2026-01-02', machine: 'a machine', hearth: '0.0.1', figures: [{ ...figure, value: 7 }] };
  record('publish', [{ ...figure, value: 4 }], url);
  writeFileSync(new URL('benchmarks/node-99.json', url), JSON.stringify({ node: '99.1.0', benchmarks: { publish: measurement } }));
  record('publish', [{ ...figure, value: 3 }], url);
  expect(read()).toContain(`| benchmark | what | target | Node ${process.versions.node} | Node 99.1.0 |`);
  expect(read()).toContain('| publish | p50 | <= 5 ms | 3 ms | **7 ms, missed** |');
  expect(read()).toContain('Node 99.1.0: Hearth 0.0.1, 2026-01-02, a machine.');
});

it('record() leaves counts that are as expected out of the table of targets, and no others', () => {
  const { url, read } = place(marks);
  record(
    'crowd',
    [
      { name: 'left', value: 20, unit: '', least: 20 },
      { name: 'lost', value: 0, unit: '', most: 0 },
      { name: 'refused', value: 1, unit: '', most: 0 },
    ],
    url,
  );
  expect(read().match(/^\| crowd \| .*/gm)).toEqual(['| crowd | refused | <= 0 | **1, missed** |']);
  expect(read()).toContain('2 counts that are');
  expect(read()).toContain('| lost | <= 0 | 0 |');
});

it('record() keeps a figure that could not be measured', () => {
  const { url, read } = place(marks);
  record('http', [{ name: 'not measured: workerd', value: NaN, unit: '' }], url);
  record('ws', [], url);
  expect(read()).toContain('| not measured: workerd |  | – |');
});

it('record() throws when the page has no marks', () => {
  const { url } = place('# A page\n');
  expect(() => record('http', [], url)).toThrow('marks');
});
