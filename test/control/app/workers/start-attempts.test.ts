import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StartAttempts } from '../../../../runtime/control/app/workers/start-attempts.ts';
import { crashReport } from './reports.ts';

const init = { function: '__init__', revision: 3 };
const lib = { function: 'lib', revision: 1 };

let dir: string;
let errors: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-attempts-'));
  errors = [];
});

afterEach(() => rm(dir, { recursive: true, force: true }));

/** What a host finds that starts now. */
const open = (): StartAttempts => new StartAttempts(join(dir, 'start-attempts.json'), (message) => void errors.push(message));

const guilty = (attempts: StartAttempts): readonly string[] => attempts.guilty().map((death) => `${death.function}@${death.revision}`);

describe('StartAttempts', () => {
  it('remembers what was being tried when the host ended, and nothing when it went well or was given up', () => {
    const attempts = open();
    expect(attempts.trying).toBeUndefined();
    attempts.begin(init);
    expect(open().trying).toEqual(init);
    attempts.succeed();
    expect(open().trying).toBeUndefined();
    attempts.begin(init);
    attempts.abandon();
    expect(open().trying).toBeUndefined();
  });

  it('counts deaths over restarts of the host: two in a row make a function guilty, proof makes it at once', () => {
    open().begin(init);
    expect(open().fail(init, crashReport(), false)).toBe(false);
    open().begin(init);
    expect(open().fail(init, crashReport({ message: 'again' }), false)).toBe(true);
    expect(open().fail(lib, crashReport(), true)).toBe(true);
    expect(guilty(open())).toEqual(['__init__@3', 'lib@1']);
    expect(open().guilty()[0]).toMatchObject({ message: 'again', count: 2 });
  });

  it('forgets a death after which it went well, and one of another revision', () => {
    const attempts = open();
    attempts.begin(init);
    attempts.fail(init, crashReport(), false);
    attempts.begin(init);
    attempts.succeed();
    attempts.begin(init);
    expect(attempts.fail(init, crashReport(), false)).toBe(false);
    expect(attempts.fail({ ...init, revision: 4 }, crashReport(), false)).toBe(false);
    expect(guilty(open())).toEqual([]);
  });

  it('forgets a death of a function whose code has returned since', () => {
    const attempts = open();
    attempts.fail(lib, crashReport(), false);
    attempts.loaded('other');
    attempts.loaded('lib');
    expect(attempts.fail(lib, crashReport(), false)).toBe(false);
    attempts.begin(init);
    attempts.fail(init, crashReport(), false);
    attempts.begin(init);
    // Its top level has loaded, and what it does then is what ended the worker.
    attempts.loaded('__init__');
    expect(attempts.fail(init, crashReport(), false)).toBe(true);
    expect(attempts.fail(lib, crashReport(), false)).toBe(true);
    attempts.loaded('lib');
    expect(guilty(open())).toEqual(['__init__@3', 'lib@1']);
  });

  it('keeps the guilty until they are lifted', () => {
    const attempts = open();
    attempts.fail(init, crashReport(), true);
    attempts.fail(lib, crashReport(), true);
    attempts.begin({ ...init, revision: 4 });
    attempts.succeed();
    attempts.lift(['__init__', 'other']);
    expect(guilty(open())).toEqual(['lib@1']);
  });

  it('begins anew with a file that is damaged, and says what it cannot write', async () => {
    await writeFile(join(dir, 'start-attempts.json'), '{"trying":');
    const attempts = open();
    expect([attempts.trying, guilty(attempts)]).toEqual([undefined, []]);
    attempts.begin(init);
    expect(await readFile(join(dir, 'start-attempts.json'), 'utf8')).toContain('__init__');
    await rm(dir, { recursive: true });
    attempts.succeed();
    expect(errors).toEqual([expect.stringContaining('could not be written')]);
  });
});
