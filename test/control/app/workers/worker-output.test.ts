import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkerOutput } from '../../../../runtime/control/app/workers/worker-output.ts';
import type { LogRecord } from '../../../../runtime/kernel/ports/logger.ts';

let records: LogRecord[];
let streams: readonly [PassThrough, PassThrough];
let output: WorkerOutput;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  records = [];
  streams = [new PassThrough(), new PassThrough()];
  output = new WorkerOutput({ linesPerSecond: 100, onLogs: (batch) => void records.push(...batch) });
  output.read(streams[0], 'info');
  output.read(streams[1], 'error');
});

afterEach(() => {
  vi.useRealTimers();
});

const seen = (): unknown[] => records.map(({ level, message }) => [level, message]);

describe('WorkerOutput', () => {
  it('logs the lines of both streams at their levels', async () => {
    streams[0].write('one\ntwo\n');
    streams[1].write('three\n');
    await nextTurn();
    expect(seen()).toEqual([
      ['info', 'one'],
      ['info', 'two'],
      ['error', 'three'],
    ]);
  });

  it('joins a line and a character that come in parts', async () => {
    const bytes = Buffer.from('größe\n');
    for (const byte of bytes) {
      streams[0].write(Buffer.of(byte));
      await nextTurn();
    }
    expect(seen()).toEqual([['info', 'größe']]);
  });

  it('logs a line that does not end after a second, and at the end of the stream', async () => {
    streams[0].write('prompt> ');
    await nextTurn();
    expect(seen()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(seen()).toEqual([['info', 'prompt> ']]);
    streams[0].end('last');
    await nextTurn();
    await nextTurn();
    expect(seen().at(-1)).toEqual(['info', 'last']);
  });

  it('drops and counts a flood, reads it slowly, and then logs again', async () => {
    streams[0].write('y\n'.repeat(1_000));
    await nextTurn();
    expect([records.length, streams[0].isPaused()]).toEqual([100, true]);
    vi.advanceTimersByTime(1_000);
    expect(seen().at(-1)).toEqual(['warn', '900 lines of output were dropped, because there were more than 100 a second']);
    expect(streams[0].isPaused()).toBe(false);
    streams[0].write('after\n');
    await nextTurn();
    expect(seen().at(-1)).toEqual(['info', 'after']);
  });

  it('reads slowly what floods it in one line', async () => {
    for (let n = 0; n < 9; n += 1) streams[0].write(Buffer.alloc(1024 * 1024, 'x'));
    await vi.waitUntil(() => streams[0].isPaused(), { interval: 1 });
    vi.advanceTimersByTime(50);
    streams[0].write('\n');
    await vi.waitUntil(() => records.length > 0, { interval: 1 });
    expect(seen()).toEqual([['info', `${'x'.repeat(16_384)}… (9420800 more characters)`]]);
  });

  it('reads the rest when the process has ended, and no longer than a second', async () => {
    streams[0].write('rest\n');
    output.end();
    await nextTurn();
    expect(seen()).toEqual([['info', 'rest']]);
    expect(streams[0].destroyed).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});
