import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type LogBook, type LogBookOptions, createLogBook } from '../../../runtime/control/logs/log-book.ts';
import type { LogRecord } from '../../../runtime/kernel/ports/logger.ts';

const recordLine = z.looseObject({ id: z.number(), time: z.number(), level: z.string(), message: z.string() });

let root = '';
let dir = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-log-file-'));
});

beforeEach(async () => {
  dir = join(await mkdtemp(join(root, 'file-')), 'logs');
});

afterAll(() => rm(root, { recursive: true }));

function open(options: Partial<LogBookOptions> = {}): Promise<LogBook> {
  return createLogBook({ dir, retryAfter: 0, ...options });
}

function line(message: string): LogRecord {
  return { time: 1000, level: 'info', message };
}

/** How many rotations ago the file was written. */
function age(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}

/** The records of all files that are there, oldest first. */
async function written(): Promise<z.infer<typeof recordLine>[]> {
  const files = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const oldestFirst = files.toSorted((one, other) => age(other) - age(one));
  const contents = await Promise.all(oldestFirst.map((name) => readFile(join(dir, name), 'utf8')));
  const lines = contents.join('').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((text) => recordLine.parse(JSON.parse(text)));
}

const messagesOf = (records: readonly { readonly message: string }[]): string[] => records.map(({ message }) => message);

/** How many lines the log says that its file lacks. */
function lacking(records: readonly { readonly message: string }[]): number {
  return records.reduce((sum, { message }) => sum + Number(/written again; (\d+) line/.exec(message)?.[1] ?? 0), 0);
}

describe('the log file', () => {
  it('has each record as a line of JSON, after close()', async () => {
    const book = await open();
    const record = { ...line('two\nlines \u2028 \u001b[31m "quoted" \ud800'), function: 'a', stack: 'at b' };
    book.log(record);
    book.log(line('next'));
    await book.close();
    expect(await written()).toEqual(book.query({}, 9));
    expect(messagesOf(await written())).toEqual([record.message, 'next']);
  });

  it('is its owner’s alone', async () => {
    const book = await open();
    await book.close();
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'hearth.log'))).mode & 0o777).toBe(0o600);
  });

  it('is appended to by the next run', async () => {
    for (const message of ['1', '2']) {
      const book = await open();
      book.log(line(message));
      await book.close();
    }
    expect(messagesOf(await written())).toEqual(['1', '2']);
  });

  it('has records of a running host, without close()', async () => {
    const book = await open();
    book.log(line('1'));
    await vi.waitFor(async () => expect(messagesOf(await written())).toEqual(['1']));
    book.log(line('2'));
    await vi.waitFor(async () => expect(messagesOf(await written())).toEqual(['1', '2']));
    await book.close();
  });

  it('is rotated at fileBytes, and no more than `files` are kept', async () => {
    const book = await open({ fileBytes: 100_000, files: 3, pendingBytes: 10_000_000 });
    for (let n = 0; n < 5000; n += 1) book.log(line(`${n}`.padEnd(100)));
    await book.close();
    expect((await readdir(dir)).toSorted()).toEqual(['hearth.log', 'hearth.log.1', 'hearth.log.2']);
    for (const name of ['hearth.log.1', 'hearth.log.2']) {
      const { size, mode } = await stat(join(dir, name));
      expect(size).toBeGreaterThanOrEqual(100_000);
      expect(size).toBeLessThan(200_000);
      expect(mode & 0o777).toBe(0o600);
    }
    const kept = await written();
    expect(kept).toEqual(book.query({}, kept.length));
    expect(kept.length).toBeGreaterThan(1000);
  });

  it('loses and doubles nothing when it rotates', async () => {
    const book = await open({ fileBytes: 20_000, files: 100 });
    for (let burst = 0; burst < 20; burst += 1) {
      for (let n = 0; n < 100; n += 1) book.log(line(`${burst}.${n}`.padEnd(100)));
      // Lets the disk have its turn, so that there are many writes and not one.
      await new Promise((done) => setImmediate(done));
    }
    await book.close();
    expect((await readdir(dir)).length).toBeGreaterThan(3);
    const kept = await written();
    expect(kept).toHaveLength(2000);
    expect(kept).toEqual(book.query({}, 5000));
  });

  it('lacks what the disk cannot keep up with, and says how much, while memory has it all', async () => {
    const book = await open({ pendingBytes: 10_000 });
    for (let n = 0; n < 1000; n += 1) book.log(line(`${n}`));
    expect(book.query({}, 5000)).toHaveLength(1000);
    await vi.waitFor(async () => expect(lacking(await written())).toBeGreaterThan(0));
    book.log(line('afterwards'));
    await book.close();
    const kept = await written();
    expect(kept.length - 2 + lacking(kept)).toBe(1000);
    expect(messagesOf(kept).slice(0, 2)).toEqual(['0', '1']);
    expect(messagesOf(kept).at(-1)).toBe('afterwards');
    expect(messagesOf(book.query({ level: 'warn' }, 9))).toEqual([
      `The log file can be written again; ${lacking(kept)} lines are missing from it.`,
    ]);
  });

  it('says what it lacks when it is closed before that', async () => {
    const book = await open({ pendingBytes: 1000 });
    for (let n = 0; n < 100; n += 1) book.log(line(`${n}`));
    await book.close();
    const kept = await written();
    expect(kept.length - 1 + lacking(kept)).toBe(100);
  });
});

describe('a log file that cannot be written', () => {
  it('is said once, and the log goes on in memory', async () => {
    await mkdir(join(dir, 'hearth.log'), { recursive: true });
    const told: string[] = [];
    const book = await open({ onRecord: ({ message }) => told.push(message), retryAfter: 1e9 });
    for (const message of ['1', '2']) book.log(line(message));
    await book.close();
    expect(told).toEqual([expect.stringMatching(/^The log file cannot be written \(.*not a file.*\)/), '1', '2']);
    expect(messagesOf(book.query({}, 9))).toEqual(told);
  });

  it('is not waited for when its folder cannot be made', async () => {
    await writeFile(dir, 'a file');
    const book = await open();
    book.log(line('1'));
    book.log(line('2'));
    await book.close();
    expect(messagesOf(book.query({}, 9))).toEqual([expect.stringContaining('EEXIST'), '1', '2']);
  });

  it('is written again when it can be, and says what it lacks', async () => {
    const obstacle = join(dir, 'hearth.log');
    await mkdir(obstacle, { recursive: true });
    const book = await open({ retryAfter: 60_000 });
    for (const message of ['1', '2']) book.log(line(message));
    await rmdir(obstacle);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 });
    book.log(line('3'));
    vi.useRealTimers();
    await vi.waitFor(() => expect(lacking(book.query({}, 9))).toBe(2));
    book.log(line('4'));
    await book.close();
    expect(messagesOf(await written())).toEqual(['3', 'The log file can be written again; 2 lines are missing from it.', '4']);
  });

  it('is written again after a rotation that failed, and loses no line that it does not count', async () => {
    // In the place of hearth.log.1 a folder with something in it: nothing can be renamed to it.
    const obstacle = join(dir, 'hearth.log.1');
    await mkdir(join(obstacle, 'something'), { recursive: true });
    const book = await open({ fileBytes: 5000, files: 2 });
    let logged = 0;
    const failed = (): boolean => book.query({ level: 'warn' }, 1).length > 0;
    await vi.waitFor(() => {
      book.log(line(`${(logged += 1)}`.padEnd(500)));
      expect(failed()).toBe(true);
    });
    await rm(obstacle, { recursive: true });
    await vi.waitFor(() => {
      book.log(line(`${(logged += 1)}`));
      expect(lacking(book.query({}, 999)) > 0 || messagesOf(book.query({ level: 'warn' }, 9)).length > 1).toBe(true);
    });
    await book.close();
    const kept = (await written()).filter(({ level }) => level === 'info');
    expect(new Set(messagesOf(kept)).size).toBe(kept.length);
    expect(kept.length + lacking(book.query({}, 999))).toBe(logged);
  });
});
