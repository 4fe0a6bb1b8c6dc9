import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { LogRecord } from '../../../runtime/kernel/ports/logger.ts';
import { type LogBook, type LogBookOptions, createLogBook } from '../../../runtime/control/logs/log-book.ts';
import type { LoggedRecord } from '../../../runtime/control/logs/log-filter.ts';

let root = '';
let dir = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-logs-'));
});

beforeEach(async () => {
  dir = await mkdtemp(join(root, 'book-'));
});

afterAll(() => rm(root, { recursive: true }));

async function opened(options: Partial<LogBookOptions> = {}): Promise<LogBook> {
  const book = await createLogBook({ dir, ...options });
  onTestFinished(() => book.close());
  return book;
}

function line(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return { time: 1000, level: 'info', message, ...more };
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);
const ids = (records: readonly LoggedRecord[]): number[] => records.map(({ id }) => id);

describe('query()', () => {
  it('answers the newest records, oldest first, as they were logged', async () => {
    const book = await opened();
    const full = line('b', { function: 'f', revision: 3, requestId: 'r', connectionId: 'c', line: 1, column: 2, stack: 's' });
    for (const record of [line('a'), full, line('c')]) book.log(record);
    expect(messages(book.query({}, 2))).toEqual(['b', 'c']);
    expect(book.query({}, 100)[1]).toEqual({ ...full, id: expect.any(Number) });
    expect(book.query({}, 0)).toEqual([]);
  });

  it('gives ids that count up, also from one run to the next', async () => {
    const first = await createLogBook({ dir });
    for (let n = 0; n < 3; n += 1) first.log(line('x'));
    const before = ids(first.query({}, 10));
    await first.close();
    const second = await opened();
    second.log(line('y'));
    const [start = 0, ...others] = before;
    expect(others).toEqual([start + 1, start + 2]);
    expect(ids(second.query({}, 1))[0]).toBeGreaterThan(start + 2);
  });

  it('filters by function, request, level and time, and by all of them', async () => {
    const book = await opened();
    book.log(line('1', { function: 'a', requestId: 'r1', level: 'debug', time: 1 }));
    book.log(line('2', { function: 'a', requestId: 'r2', level: 'warn', time: 2 }));
    book.log(line('3', { function: 'b', requestId: 'r1', level: 'error', time: 3 }));
    book.log(line('4', { time: 2 }));
    expect(messages(book.query({ function: 'a' }, 9))).toEqual(['1', '2']);
    expect(messages(book.query({ requestId: 'r1' }, 9))).toEqual(['1', '3']);
    expect(messages(book.query({ level: 'info' }, 9))).toEqual(['2', '3', '4']);
    expect(messages(book.query({ level: 'warn' }, 9))).toEqual(['2', '3']);
    expect(messages(book.query({ since: 2 }, 9))).toEqual(['2', '3', '4']);
    expect(messages(book.query({ function: 'a', requestId: 'r2', level: 'warn', since: 2 }, 9))).toEqual(['2']);
    expect(book.query({ function: 'a', level: 'error' }, 9)).toEqual([]);
  });

  it('reaches as far back as memoryLines', async () => {
    const book = await opened({ memoryLines: 3 });
    for (let n = 1; n <= 10; n += 1) {
      book.log(line(String(n)));
      expect(messages(book.query({}, 99))).toEqual([n - 2, n - 1, n].filter((one) => one > 0).map(String));
    }
  });

  it('reaches as far back as memoryBytes, and at least to the newest record', async () => {
    const book = await opened({ memoryBytes: 10_000 });
    for (let n = 0; n < 100; n += 1) book.log(line(`${n}`.padEnd(1000)));
    const kept = book.query({}, 99);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(10);
    book.log(line('huge'.repeat(10_000)));
    expect(book.query({}, 99)).toHaveLength(1);
    book.log(line('small', { stack: 'x'.repeat(10_000) }));
    expect(messages(book.query({}, 99))).toEqual(['small']);
    book.log(line('a'));
    book.log(line('b'));
    expect(messages(book.query({}, 99))).toEqual(['a', 'b']);
  });
});

describe('subscribe()', () => {
  it('tells what comes and matches, until it is ended', async () => {
    const book = await opened();
    const told: LoggedRecord[] = [];
    book.log(line('before', { function: 'a' }));
    const end = book.subscribe({ function: 'a' }, undefined, (record) => told.push(record));
    book.log(line('1', { function: 'a' }));
    book.log(line('other', { function: 'b' }));
    book.log(line('2', { function: 'a' }));
    end();
    end();
    book.log(line('after', { function: 'a' }));
    expect(messages(told)).toEqual(['1', '2']);
    expect(told).toEqual(book.query({ function: 'a' }, 3).slice(0, 2));
  });

  it('replays what came after an id and matches, then goes on', async () => {
    const book = await opened();
    for (let n = 1; n <= 6; n += 1) book.log(line(String(n), { level: n % 2 ? 'info' : 'error' }));
    const [, second = 0] = ids(book.query({}, 6));
    const told: LoggedRecord[] = [];
    book.subscribe({ level: 'error' }, second, (record) => told.push(record));
    expect(messages(told)).toEqual(['4', '6']);
    book.log(line('7', { level: 'error' }));
    expect(messages(told)).toEqual(['4', '6', '7']);
  });

  it('replays all that is in memory after an id that is older than that, and nothing after the newest', async () => {
    const book = await opened({ memoryLines: 3 });
    for (let n = 1; n <= 9; n += 1) book.log(line(String(n)));
    const newest = ids(book.query({}, 1))[0];
    const told: string[] = [];
    book.subscribe({}, 0, ({ message }) => told.push(message));
    expect(told).toEqual(['7', '8', '9']);
    book.subscribe({}, newest, ({ message }) => told.push(`again ${message}`));
    expect(told).toEqual(['7', '8', '9']);
  });

  it('drops a listener that throws, and nobody else notices', async () => {
    const book = await opened();
    const told: string[] = [];
    let calls = 0;
    book.subscribe({}, undefined, () => {
      calls += 1;
      throw new Error('listener');
    });
    book.subscribe({}, undefined, ({ message }) => told.push(message));
    book.log(line('1'));
    book.log(line('2'));
    expect(calls).toBe(1);
    expect(told).toEqual(['1', '2']);
  });

  it('drops a listener that throws at its replay', async () => {
    const book = await opened();
    for (const message of ['1', '2']) book.log(line(message));
    let calls = 0;
    const end = book.subscribe({}, 0, () => {
      calls += 1;
      throw new Error('listener');
    });
    book.log(line('3'));
    end();
    expect(calls).toBe(1);
  });

  it('lets a listener log, and tells each record once', async () => {
    const book = await opened();
    for (const message of ['1', '2']) book.log(line(message));
    const told: string[] = [];
    book.subscribe({}, 0, ({ message }) => {
      told.push(message);
      if (!message.startsWith('re ')) book.log(line(`re ${message}`));
    });
    book.log(line('3'));
    expect(told.toSorted()).toEqual(['1', '2', '3', 're 1', 're 2', 're 3']);
  });

  it('lets a listener subscribe another and end itself', async () => {
    const book = await opened();
    const told: string[] = [];
    const end = book.subscribe({}, undefined, ({ message }) => {
      book.subscribe({}, undefined, (record) => told.push(`second ${record.message}`));
      told.push(`first ${message}`);
      end();
    });
    book.log(line('1'));
    book.log(line('2'));
    expect(told).toEqual(['first 1', 'second 2']);
  });
});

describe('onRecord', () => {
  it('is told each record, and may throw', async () => {
    const told: string[] = [];
    const book = await opened({
      onRecord: ({ message }) => {
        told.push(message);
        if (message === '2') throw new Error('terminal');
      },
    });
    for (const message of ['1', '2', '3']) book.log(line(message));
    expect(told).toEqual(['1', '2']);
    expect(messages(book.query({}, 9))).toEqual(['1', '2', '3']);
  });
});
