import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInvocationScope, Invocation, type InvocationScope } from '../../../runtime/kernel/calls/invocation.ts';
import { Pulse } from '../../../runtime/worker/watchdog/pulse.ts';
import { signal, slot, type WatchdogNotice } from '../../../runtime/worker/watchdog/shared.ts';

let scope: InvocationScope;
let notices: WatchdogNotice[];
let pulse: Pulse;
let now: number;

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  scope = createInvocationScope();
  notices = [];
  pulse = new Pulse(scope, { cpuTime: 900, memory: 512 }, undefined, (notice) => notices.push(notice));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function invocation(name: string): Invocation {
  return new Invocation({ function: name, revision: 3, requestId: 'r1' });
}

/** Raises a signal as the watchdog does. */
function raise(asked: number): void {
  Atomics.store(pulse.flags, slot.signal, asked);
}

/** What guards do that are reached at these times: `on`, or the code of the error that they throw. */
function guards(running: Invocation | undefined, ...times: readonly number[]): unknown[] {
  const reach = (): unknown[] =>
    times.map((time) => {
      now = time;
      try {
        pulse.guard();
        return 'on';
      } catch (error) {
        return Reflect.get(Object(error), 'code');
      }
    });
  return running ? scope.run(running, reach) : scope.exit(reach);
}

describe('guard()', () => {
  it('does nothing without a signal', () => {
    expect(guards(invocation('a'), 1000, 5000, 9000)).toEqual(['on', 'on', 'on']);
    expect([notices, pulse.stopped, [...pulse.flags]]).toEqual([[], 0, [0, 0, 0]]);
  });

  it('throws what cpu asks for, with the limit, once the grace is over', () => {
    const call = invocation('a');
    raise(signal.cpu);
    expect(guards(call, 1000, 1014)).toEqual(['on', 'on']);
    now = 1015;
    const error = { code: 'CPU_LIMIT_EXCEEDED', details: { limit: 900 } };
    expect(() => scope.run(call, pulse.guard)).toThrow(expect.objectContaining(error));
    expect([pulse.stopped, pulse.flags[slot.signal]]).toEqual([1, signal.cpu]);
  });

  it('throws what memory asks for, with the limit, once, after a shorter grace', () => {
    const call = invocation('a');
    raise(signal.memory);
    expect(guards(call, 1000, 1004)).toEqual(['on', 'on']);
    now = 1005;
    const error = { code: 'MEMORY_LIMIT_EXCEEDED', details: { limit: 512 } };
    expect(() => scope.run(call, pulse.guard)).toThrow(expect.objectContaining(error));
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
    const outer = pulse.enter(1);
    expect(guards(undefined, 1000, 1010)).toEqual(['on', 'on']);
    const first = pulse.enter(2);
    expect(guards(undefined, 1011, 1020)).toEqual(['on', 'on']);
    pulse.leave(first);
    expect(guards(undefined, 1021, 1026)).toEqual(['on', 'CPU_LIMIT_EXCEEDED']);
    pulse.leave(outer);
    expect(guards(undefined, 1030, 1040)).toEqual(['on', 'on']);
  });

  it('answers tell with whose code runs, and lowers that signal only', () => {
    pulse.beat();
    pulse.enter(7);
    raise(signal.tell);
    expect(guards(invocation('lib/a'), 1000, 5000)).toEqual(['on', 'on']);
    expect(notices).toEqual([{ type: 'running', mark: { function: 'lib/a', revision: 3 } }]);
    expect([...pulse.flags]).toEqual([signal.none, 1, 7]);
  });

  it('answers tell outside of any invocation by lowering it', () => {
    raise(signal.tell);
    guards(undefined, 1000);
    expect([notices, pulse.flags[slot.signal]]).toEqual([[], signal.none]);
  });
});

describe('beat()', () => {
  it.each([signal.tell, signal.cpu, signal.memory])('counts up and lowers signal %i', (asked) => {
    raise(asked);
    pulse.beat();
    expect([...pulse.flags]).toEqual([signal.none, 1, 0]);
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

describe('marks', () => {
  it('mark() and unmark() tell the watchdog, each mark a number of its own', () => {
    const ids = [pulse.mark('a', 1), pulse.mark('lib/b', 2)];
    pulse.unmark(1);
    expect([...ids, pulse.mark('a', 1)]).toEqual([1, 2, 3]);
    expect(notices).toEqual([
      { type: 'mark', id: 1, mark: { function: 'a', revision: 1 } },
      { type: 'mark', id: 2, mark: { function: 'lib/b', revision: 2 } },
      { type: 'unmark', id: 1 },
      { type: 'mark', id: 3, mark: { function: 'a', revision: 1 } },
    ]);
  });

  it('enter() and leave() nest', () => {
    const running: unknown[] = [];
    const note = (): void => void running.push(pulse.flags[slot.running]);
    const first = pulse.enter(1);
    note();
    const second = pulse.enter(2);
    note();
    pulse.leave(second);
    note();
    pulse.leave(first);
    note();
    expect(running).toEqual([1, 2, 1, 0]);
  });

  it('work without a watchdog', () => {
    const alone = new Pulse(scope, { cpuTime: 900, memory: 512 });
    expect([alone.mark('a', 1), alone.mark('b', 1), alone.enter(2), alone.flags[slot.running]]).toEqual([1, 2, 0, 2]);
    alone.unmark(1);
  });
});
