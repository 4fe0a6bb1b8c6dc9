import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attribution } from '../../../runtime/kernel/calls/attribution.ts';
import type { Calls } from '../../../runtime/kernel/calls/calls.ts';
import { Pulse } from '../../../runtime/worker/watchdog/pulse.ts';
import { createCalls, FakeCall } from '../calls.ts';
import { signal, slot, type WatchdogNotice } from '../../../runtime/worker/watchdog/shared-flags.ts';

let calls: Calls;
let guard: () => void;
let notices: WatchdogNotice[];
let pulse: Pulse;
let now: number;

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  notices = [];
  calls = createCalls({ attribution: new Attribution(undefined, (notice) => notices.push(notice)) });
  pulse = new Pulse(calls, { cpuTime: 900, memory: 512 }, undefined, (notice) => notices.push(notice));
  guard = pulse.guardOf({ function: 'guarded', revision: 3 });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function invocation(name: string): FakeCall {
  return new FakeCall(name, 3);
}

/** Raises a signal as the watchdog does. */
function raise(asked: number): void {
  Atomics.store(pulse.flags, slot.signal, asked);
}

/** What guards do that are reached at these times: `on`, or the code of the error that they throw. */
function guards(running: FakeCall | undefined, ...times: readonly number[]): unknown[] {
  const reach = (): unknown[] =>
    times.map((time) => {
      now = time;
      try {
        guard();
        return 'on';
      } catch (error) {
        return Reflect.get(Object(error), 'code');
      }
    });
  return running ? calls.within(running, reach, undefined) : reach();
}

describe('guard()', () => {
  it('does nothing without a signal', () => {
    expect(guards(invocation('a'), 1000, 5000, 9000)).toEqual(['on', 'on', 'on']);
    expect([notices, pulse.stopped, [...pulse.flags]]).toEqual([[], 0, [0, 0, 0, 0]]);
  });

  it('throws what cpu asks for, with the limit, once the grace is over', () => {
    const call = invocation('a');
    raise(signal.cpu);
    expect(guards(call, 1000, 1014)).toEqual(['on', 'on']);
    now = 1015;
    const error = { code: 'CPU_LIMIT_EXCEEDED', details: { limit: 900 } };
    expect(() => calls.within(call, guard, undefined)).toThrow(expect.objectContaining(error));
    expect([pulse.stopped, pulse.flags[slot.signal]]).toEqual([1, signal.cpu]);
  });

  it('throws what memory asks for, with the limit, once, after a shorter grace', () => {
    const call = invocation('a');
    raise(signal.memory);
    expect(guards(call, 1000, 1004)).toEqual(['on', 'on']);
    now = 1005;
    const error = { code: 'MEMORY_LIMIT_EXCEEDED', details: { limit: 512 } };
    expect(() => calls.within(call, guard, undefined)).toThrow(expect.objectContaining(error));
    expect([pulse.stopped, pulse.flags[slot.signal]]).toEqual([1, signal.none]);
  });

  it('throws again at once for code that catches the error and runs on', () => {
    raise(signal.cpu);
    expect(guards(invocation('a'), 1000, 1015, 1015, 1016)).toEqual([
      'on',
      'CPU_LIMIT_EXCEEDED',
      'CPU_LIMIT_EXCEEDED',
      'CPU_LIMIT_EXCEEDED',
    ]);
    expect(pulse.stopped).toBe(3);
  });

  it('stops the invocation that runs, and not another one whose short loop comes in between', () => {
    const [long, short] = [invocation('a'), invocation('a')];
    raise(signal.cpu);
    expect(guards(long, 1000, 1010)).toEqual(['on', 'on']);
    expect(guards(short, 1011, 1020)).toEqual(['on', 'on']);
    // What the other one took is not counted.
    expect(guards(long, 1021, 1025)).toEqual(['on', 'on']);
    expect(guards(short, 1025, 1030)).toEqual(['on', 'on']);
    expect(guards(long, 1030, 1031)).toEqual(['on', 'CPU_LIMIT_EXCEEDED']);
  });

  it('outside of any invocation counts by the mark of the code that runs', () => {
    raise(signal.cpu);
    const outer = calls.attribution.enter(1);
    expect(guards(undefined, 1000, 1010)).toEqual(['on', 'on']);
    const first = calls.attribution.enter(2);
    expect(guards(undefined, 1011, 1020)).toEqual(['on', 'on']);
    calls.attribution.leave(first);
    expect(guards(undefined, 1021, 1026)).toEqual(['on', 'CPU_LIMIT_EXCEEDED']);
    calls.attribution.leave(outer);
    expect(guards(undefined, 1030, 1040)).toEqual(['on', 'on']);
  });

  it('guardOf() tells with the function whose guard it is, whatever call it runs in, and lowers that signal only', () => {
    pulse.beat();
    raise(signal.tell);
    expect(guards(invocation('lib/a'), 1000, 5000)).toEqual(['on', 'on']);
    expect(notices).toEqual([{ type: 'running', mark: { function: 'guarded', revision: 3 } }]);
    expect([...pulse.flags]).toEqual([signal.none, 1, 0, 0]);
  });

  it('guardOf() tells whose code runs outside of any call, too', () => {
    raise(signal.tell);
    guards(undefined, 1000);
    expect([notices.length, pulse.flags[slot.signal]]).toEqual([1, signal.none]);
  });
});

describe('beat()', () => {
  it.each([signal.tell, signal.cpu, signal.memory])('counts up and lowers signal %i', (asked) => {
    raise(asked);
    pulse.beat();
    expect([...pulse.flags]).toEqual([signal.none, 1, 0, 0]);
  });

  it('forgets overtime: code that paused has its grace again', () => {
    const call = invocation('a');
    raise(signal.cpu);
    expect(guards(call, 1000, 1014)).toEqual(['on', 'on']);
    pulse.beat();
    raise(signal.cpu);
    expect(guards(call, 9000, 9014, 9015)).toEqual(['on', 'on', 'CPU_LIMIT_EXCEEDED']);
  });

  it('comes by itself from start() to stop(), once each time', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const beats: unknown[] = [];
    const look = (): void => {
      vi.advanceTimersByTime(100);
      beats.push(pulse.flags[slot.beat]);
    };
    look();
    pulse.start();
    pulse.start();
    look();
    pulse.stop();
    look();
    pulse.start();
    look();
    pulse.stop();
    expect(beats).toEqual([0, 2, 2, 4]);
  });
});
