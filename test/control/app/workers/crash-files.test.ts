import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CrashFiles } from '../../../../runtime/control/app/workers/crash-files.ts';
import type { CrashReport } from '../../../../runtime/control/app/workers/crash-report.ts';
import { crashReport } from './reports.ts';

let root: string;
let dir: string;
let errors: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-crashes-'));
  dir = join(root, 'deep/crashes');
  errors = [];
});

afterEach(() => rm(root, { recursive: true }));

const open = (): Promise<CrashFiles> => CrashFiles.open(dir, (message) => errors.push(message));

/** The nth report; their ids sort by time. */
function report(n: number): CrashReport {
  return crashReport({ id: `2026-01-02T03-04-${String(n).padStart(2, '0')}-000Z-0a1b2c3d`, at: n });
}

const idsOf = (crashes: CrashFiles): number[] => crashes.list().map(({ at }) => at);

describe('CrashFiles', () => {
  it('makes its folder, for the owner only, and is empty at first', async () => {
    const crashes = await open();
    expect([crashes.list(), (await stat(dir)).mode & 0o777]).toEqual([[], 0o700]);
  });

  it('lists what was added at once, newest first, and finds it by its id', async () => {
    const crashes = await open();
    for (const n of [1, 2, 3]) crashes.add(report(n));
    expect([idsOf(crashes), crashes.get(report(2).id), crashes.get('unknown')]).toEqual([[3, 2, 1], report(2), undefined]);
    await crashes.close();
  });

  it('keeps reports for the next start, a file each that only the owner reads', async () => {
    const crashes = await open();
    for (const n of [1, 2]) crashes.add(report(n));
    await crashes.close();
    const files = await readdir(dir);
    expect(files.toSorted()).toEqual([1, 2].map((n) => `${report(n).id}.json`));
    expect(await Promise.all(files.map(async (file) => (await stat(join(dir, file))).mode & 0o777))).toEqual([0o600, 0o600]);
    expect((await open()).list()).toEqual([report(2), report(1)]);
  });

  it('keeps fifty: the oldest go, of the list and of the folder', async () => {
    const crashes = await open();
    for (let n = 1; n <= 52; n += 1) crashes.add(report(n));
    await crashes.close();
    const kept = Array.from({ length: 50 }, (_, at) => 52 - at);
    expect([idsOf(crashes), crashes.get(report(2).id)]).toEqual([kept, undefined]);
    const next = await open();
    expect([idsOf(next), (await readdir(dir)).length]).toEqual([kept, 50]);
    next.add(report(53));
    await next.close();
    expect(idsOf(await open())).toEqual([53, ...kept.slice(0, 49)]);
  });

  it.each([
    ['a file that was cut short', `${report(5).id}.json`, JSON.stringify(report(5)).slice(0, -20)],
    ['an empty file', `${report(5).id}.json`, ''],
    ['JSON that is no report', 'other.json', '{"id":"other"}'],
    ['a file of another kind', 'notes.txt', JSON.stringify(report(5))],
  ])('passes over %s', async (_, name, content) => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, `${report(4).id}.json`), JSON.stringify(report(4)));
    await writeFile(join(dir, name), content);
    expect([(await open()).list(), errors]).toEqual([[report(4)], []]);
    expect(await readFile(join(dir, name), 'utf8')).toBe(content);
  });

  it('says what it could not write, and goes on with what it has', async () => {
    const crashes = await open();
    await rm(dir, { recursive: true });
    crashes.add(report(1));
    await crashes.close();
    expect([errors, idsOf(crashes)]).toEqual([[expect.stringMatching(/^A crash report could not be written: ENOENT/)], [1]]);
    await mkdir(dir);
    crashes.add(report(2));
    await crashes.close();
    expect([errors.length, await readdir(dir)]).toEqual([1, [`${report(2).id}.json`]]);
  });
});
