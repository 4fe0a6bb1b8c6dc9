import { beforeEach, describe, expect, it } from 'vitest';
import { Quarantine } from '../../../../runtime/control/app/workers/quarantine.ts';
import type { CrashReport } from '../../../../runtime/control/app/workers/crash-report.ts';
import type { BuiltFunction } from '../../../../runtime/kernel/functions/revision.ts';
import { crashReport } from './reports.ts';

/** What {@link earlier} was asked for. */
let asked: [string, number][];
let earlier: (name: string, revision: number) => Promise<readonly number[]>;
let quarantine: Quarantine;

beforeEach(() => {
  asked = [];
  earlier = async (_, revision) => Array.from({ length: revision - 1 }, (_one, at) => revision - 1 - at);
  quarantine = new Quarantine((name, revision) => {
    asked.push([name, revision]);
    return earlier(name, revision);
  });
});

function report(name: string, revision: number, more: Partial<CrashReport> = {}): CrashReport {
  return crashReport({ place: { function: name, revision, line: 4, column: 2 }, message: `${name} hung.`, ...more });
}

function built(name: string, revision: number): BuiltFunction {
  return { name, revision, methods: undefined, code: 'code', map: '{}' };
}

const names = (): string[] => quarantine.list().map(({ name }) => name);

describe('add()', () => {
  it('disables the function of the report, at that revision', async () => {
    quarantine.add(report('lib/x', 3, { id: 'c1', at: 77 }));
    const entry = { name: 'lib/x', revision: 3, reason: 'lib/x hung.', since: 77, crash: 'c1' };
    expect(quarantine.list()).toEqual([{ ...entry, previous: null }]);
    await expect.poll(() => quarantine.list()).toEqual([{ ...entry, previous: 2 }]);
    expect(asked).toEqual([['lib/x', 3]]);
  });

  it('does nothing for a report that names no function', () => {
    const { place: _, ...nameless } = report('a', 1);
    quarantine.add(nameless);
    expect([quarantine.list(), asked]).toEqual([[], []]);
  });

  it('replaces the entry of the same function', async () => {
    quarantine.add(report('a', 3));
    quarantine.add(report('b', 1));
    quarantine.add(report('a', 4, { id: 'c2' }));
    expect(quarantine.list().map(({ name, revision, crash }) => [name, revision, crash])).toEqual([
      ['a', 4, 'c2'],
      ['b', 1, crashReport().id],
    ]);
  });

  it.each([
    ['that there is none', async () => []],
    ['an error', () => Promise.reject(new Error('no store'))],
  ])('leaves null as the earlier revision when the history answers %s', async (_, answer) => {
    earlier = answer;
    quarantine.add(report('a', 3));
    await earlier('', 0).catch(() => undefined);
    await new Promise(setImmediate);
    expect(quarantine.list()).toMatchObject([{ previous: null }]);
  });

  it('passes over earlier revisions that were disabled, also those that were lifted since', async () => {
    for (const revision of [4, 2]) {
      quarantine.add(report('a', revision));
      quarantine.lift(['a']);
    }
    quarantine.add(report('b', 3));
    quarantine.add(report('a', 5));
    await expect
      .poll(() => quarantine.list().map(({ name, previous }) => [name, previous]))
      .toEqual([
        ['b', 2],
        ['a', 3],
      ]);
  });

  it('keeps a later entry, and none after lift(), when the history answers late', async () => {
    let answer: (revisions: readonly number[]) => void = () => undefined;
    const history = new Promise<readonly number[]>((resolve) => (answer = resolve));
    earlier = (_, revision) => (revision === 3 ? history : Promise.resolve([1]));
    quarantine.add(report('a', 3));
    quarantine.add(report('a', 4, { id: 'c2' }));
    quarantine.add(report('b', 3));
    quarantine.lift(['b']);
    answer([2]);
    await expect.poll(() => quarantine.list()).toMatchObject([{ name: 'a', revision: 4, previous: 1, crash: 'c2' }]);
    await new Promise(setImmediate);
    expect(quarantine.list()).toMatchObject([{ name: 'a', revision: 4, previous: 1, crash: 'c2' }]);
  });
});

describe('mark()', () => {
  it('gives the reason to the revision that is disabled, and leaves others as they are', () => {
    quarantine.add(report('a', 3));
    expect(quarantine.mark(built('a', 3))).toEqual({ ...built('a', 3), quarantine: 'a hung.' });
    for (const other of [built('a', 2), built('a', 4), built('b', 3)]) expect(quarantine.mark(other)).toBe(other);
  });
});

describe('lift()', () => {
  it('switches functions on, and leaves others off', () => {
    for (const name of ['a', 'b', 'c']) quarantine.add(report(name, 1));
    quarantine.lift(['a', 'c', 'unknown']);
    expect([names(), quarantine.mark(built('a', 1)), quarantine.mark(built('b', 1)).quarantine]).toEqual([['b'], built('a', 1), 'b hung.']);
  });
});

describe('isThird()', () => {
  const x = { function: 'x', revision: 1 };

  it('is true for the third death within a minute, and for those after it', () => {
    expect([0, 30_000, 59_999, 60_000].map((at) => quarantine.isThird(x, at))).toEqual([false, false, true, true]);
  });

  it('is false once the first of three is a minute ago', () => {
    expect([0, 30_000, 60_000].map((at) => quarantine.isThird(x, at))).toEqual([false, false, false]);
  });

  it('counts each function at each revision by itself', () => {
    const others = [{ function: 'y', revision: 1 }, { function: 'x', revision: 2 }, x];
    const deaths = [x, ...others, ...others];
    expect(deaths.map((place, at) => quarantine.isThird(place, at))).toEqual([false, false, false, false, false, false, true]);
  });
});
