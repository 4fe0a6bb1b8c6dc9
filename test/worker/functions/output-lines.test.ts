import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CurrentCall } from '../../../runtime/kernel/calls/current-call.ts';
import { OutputLines } from '../../../runtime/worker/functions/output-lines.ts';
import { FakeCall } from '../calls.ts';

let lines: [string, string][];
let current: CurrentCall | undefined;
let asked: number;
let admitting: boolean;
let output: OutputLines;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  current = undefined;
  asked = 0;
  admitting = true;
  output = new OutputLines('info', {
    current: () => current,
    origin: () => {
      asked += 1;
      return { requestId: current?.requestId ?? 'none' };
    },
    output: (_level, line, origin) => {
      if (admitting) lines.push([line, origin().requestId ?? '']);
    },
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function write(call: CurrentCall | undefined, chunk: string | Uint8Array): void {
  current = call;
  output.write(chunk);
}

describe('OutputLines', () => {
  it('joins what one call writes, and keeps it from what others write meanwhile', () => {
    const [one, two] = ['r1', 'r2'].map((requestId) => new FakeCall('a', 1, { requestId }));
    write(one, 'a');
    write(two, 'x');
    write(undefined, 'host\n');
    write(one, 'b\nc');
    write(two, 'y\n');
    expect(lines).toEqual([
      ['host', 'none'],
      ['ab', 'r1'],
      ['xy', 'r2'],
    ]);
  });

  it('ends a line with its call', () => {
    const call = new FakeCall();
    write(call, 'open');
    current = undefined;
    expect(lines).toEqual([]);
    call.end();
    expect(lines).toEqual([['open', 'r1']]);
    write(call, 'afterwards');
    vi.advanceTimersByTime(5_000);
    expect(lines.at(-1)).toEqual(['afterwards', 'r1']);
  });

  it('ends a line that nobody goes on with, and has no timer then', () => {
    write(undefined, 'dots ');
    vi.advanceTimersByTime(900);
    write(undefined, '..');
    vi.advanceTimersByTime(900);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect([lines, vi.getTimerCount()]).toEqual([[['dots ..', 'none']], 0]);
  });

  it('decodes a character that is cut in two', () => {
    const bytes = Buffer.from('ß…\n');
    for (const byte of bytes) write(undefined, Uint8Array.of(byte));
    expect(lines).toEqual([['ß…', 'none']]);
  });

  it('asks once per write where it came from, and not at all for what is dropped', () => {
    write(undefined, 'a\nb\nc\n');
    expect(asked).toBe(1);
    admitting = false;
    write(undefined, 'a\nb\nc\n');
    expect(asked).toBe(1);
  });

  it('keeps the open lines of a thousand calls, and no more', () => {
    for (let n = 0; n < 1_001; n += 1) write(new FakeCall('a', 1, { requestId: `r${n}` }), 'open');
    expect(lines).toHaveLength(1_000);
    output.flush();
    expect(lines).toHaveLength(1_001);
  });
});
