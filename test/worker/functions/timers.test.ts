import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Calls } from '../../../runtime/kernel/calls/calls.ts';
import { Lifetime } from '../../../runtime/kernel/calls/lifetime.ts';
import { FunctionModule } from '../../../runtime/kernel/functions/module.ts';
import { type FunctionTimers, TimerSet } from '../../../runtime/worker/functions/timers.ts';
import { createCalls, FakeCall } from '../calls.ts';

const waiting = new WeakMap();

let calls: Calls;
let set: TimerSet;
let lifetime: Lifetime;
let timers: FunctionTimers;
let fired: string[];

beforeEach(() => {
  calls = createCalls();
  lifetime = new Lifetime();
  set = createSet();
  timers = set.functions();
  fired = [];
});

afterEach(() => lifetime.end());

function createSet(mark = 1, ofModule = lifetime): TimerSet {
  const module = new FunctionModule({ name: 'timers', revision: 1, methods: undefined, code: '', map: '' });
  module.mark = mark;
  return new TimerSet({ calls, module, lifetime: ofModule, waiting });
}

const fire =
  (name: string) =>
  (...args: unknown[]): void =>
    void fired.push([name, ...args].join(' '));

/** Starts one of each kind, all due as soon as can be. */
function startAll(prefix = ''): void {
  timers.setTimeout(fire(`${prefix}timeout`), 1);
  timers.setInterval(fire(`${prefix}interval`), 1);
  timers.setImmediate(fire(`${prefix}immediate`));
}

/** Resolves when native timers that were started later than ours, and are due later, have fired. */
async function pastAll(): Promise<void> {
  await sleep(5);
  await nextTurn();
}

describe('functions()', () => {
  it('fire as Node does, with their arguments', async () => {
    timers.setTimeout(fire('timeout'), 1, 1, 'a');
    timers.setImmediate(fire('immediate'), 2, 'b');
    const interval = timers.setInterval(fire('interval'), 1, 3, 'c');
    await expect.poll(() => fired.filter((line) => line === 'interval 3 c').length).toBeGreaterThan(1);
    await expect.poll(() => fired).toContain('timeout 1 a');
    expect(fired).toContain('immediate 2 b');
    expect(set.size).toBe(1);
    timers.clearInterval(interval as NodeJS.Timeout);
    expect(set.size).toBe(0);
  });

  it('answer timers of Node: ref, unref, hasRef, refresh, a number', () => {
    const timer = timers.setTimeout(fire('timeout'), 60_000) as NodeJS.Timeout;
    expect([timer.hasRef(), timer.unref() === timer, timer.hasRef(), timer.ref().hasRef()]).toEqual([true, true, false, true]);
    expect(timer.refresh()).toBe(timer);
    expect(Number(timer)).toBeGreaterThan(0);
    expect(set.size).toBe(1);
    timers.clearTimeout(timer);
    const immediate = timers.setImmediate(fire('immediate')) as NodeJS.Immediate;
    expect([immediate.hasRef(), immediate.unref() === immediate, immediate.hasRef()]).toEqual([true, true, false]);
    timers.clearImmediate(immediate);
  });

  it('call back with the timer as `this`', async () => {
    const seen: unknown[] = [];
    const started = [
      timers.setTimeout(function (this: unknown) {
        seen.push(this);
      }, 1),
      timers.setImmediate(function (this: unknown) {
        seen.push(this);
      }),
    ];
    await expect.poll(() => seen.length).toBe(2);
    expect(new Set(seen)).toEqual(new Set(started));
  });

  it('clear each kind', async () => {
    timers.clearTimeout(timers.setTimeout(fire('timeout'), 1) as NodeJS.Timeout);
    timers.clearInterval(timers.setInterval(fire('interval'), 1) as NodeJS.Timeout);
    timers.clearImmediate(timers.setImmediate(fire('immediate')) as NodeJS.Immediate);
    // Node clears either kind of timeout with either function.
    timers.clearInterval(timers.setTimeout(fire('timeout'), 1) as NodeJS.Timeout);
    timers.clearTimeout(timers.setInterval(fire('interval'), 1) as NodeJS.Timeout);
    expect(set.size).toBe(0);
    await pastAll();
    expect(fired).toEqual([]);
  });

  it('clear what is no timer of their kind without harm to any', async () => {
    const timeout = timers.setTimeout(fire('timeout'), 1);
    for (const nothing of [undefined, null, 0, 'x', {}]) {
      Reflect.apply(timers.clearTimeout, undefined, [nothing]);
      Reflect.apply(timers.clearInterval, undefined, [nothing]);
      Reflect.apply(timers.clearImmediate, undefined, [nothing]);
    }
    Reflect.apply(timers.clearImmediate, undefined, [timeout]);
    await nextTurn();
    await expect.poll(() => fired).toEqual(['timeout']);
    expect(set.size).toBe(0);
  });

  it.each(['setTimeout', 'setInterval', 'setImmediate'] as const)('%s() refuses what is no function, as Node does', (name) => {
    expect(() => Reflect.apply(timers[name], undefined, ['code', 1])).toThrow(TypeError);
    expect(set.size).toBe(0);
  });

  it('promisify() of setTimeout and setImmediate resolves with the value', async () => {
    expect(await Reflect.apply(promisify(timers.setTimeout), undefined, [1, 'late'])).toBe('late');
    expect(await Reflect.apply(promisify(timers.setImmediate), undefined, ['soon'])).toBe('soon');
    expect(set.size).toBe(0);
  });

  it('what a callback throws is an uncaught exception, and the timer is forgotten', async () => {
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = once(process, 'uncaughtException');
    timers.setTimeout(() => {
      throw new Error('in a timer');
    }, 1);
    const [error] = await thrown;
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(error).toEqual(new Error('in a timer'));
    expect(set.size).toBe(0);
  });
});

describe('refresh()', () => {
  it('of a timeout that has fired is waited for again, and cleared by the end of its module', async () => {
    const timer = timers.setTimeout(() => {
      fired.push('timeout');
      if (fired.length < 3) timer.refresh();
    }, 1) as NodeJS.Timeout;
    await expect.poll(() => fired.length).toBe(3);
    expect(set.size).toBe(0);
    timer.refresh();
    expect(set.size).toBe(1);
    lifetime.end();
    await pastAll();
    expect([fired.length, set.size]).toEqual([3, 0]);
  });

  it('of a timeout that has fired does nothing once its module has ended', async () => {
    const timer = timers.setTimeout(fire('timeout'), 1) as NodeJS.Timeout;
    await expect.poll(() => fired.length).toBe(1);
    lifetime.end();
    timer.refresh();
    await pastAll();
    expect([fired.length, set.size]).toEqual([1, 0]);
  });
});

describe('the end of a module', () => {
  it('clears every kind that the module itself has started', async () => {
    startAll();
    lifetime.end();
    expect(set.size).toBe(0);
    await pastAll();
    expect(fired).toEqual([]);
  });

  it('refuses, silently, what is started afterwards', async () => {
    lifetime.end();
    startAll();
    expect(set.size).toBe(0);
    await pastAll();
    expect(fired).toEqual([]);
  });

  it('leaves the timers of calls, also of those that have ended and of those that are yet to come', async () => {
    const [open, ended] = [new FakeCall(), new FakeCall()];
    calls.within(ended, () => timers.setInterval(fire('ended'), 1), undefined);
    ended.end();
    lifetime.end();
    calls.within(open, () => timers.setTimeout(fire('open'), 1), undefined);
    await expect.poll(() => new Set(fired)).toEqual(new Set(['ended', 'open']));
    expect(set.size).toBe(1);
    ended.lifetime.end();
    expect(set.size).toBe(0);
  });

  it('calls back when no timer waits any more', async () => {
    const call = new FakeCall();
    calls.within(call, () => timers.setTimeout(fire('timeout'), 1), undefined);
    lifetime.end();
    set.whenEmpty(() => fired.push('empty'));
    await expect.poll(() => fired).toEqual(['empty', 'timeout']);
  });

  it('leaves the timers of other modules alone', () => {
    const other = createSet(2, new Lifetime());
    const timer = other.functions().setTimeout(fire('other'), 60_000);
    lifetime.end();
    expect(other.size).toBe(1);
    timers.clearTimeout(timer as NodeJS.Timeout);
    expect(other.size).toBe(0);
  });
});

describe('the end of a socket', () => {
  it('clears intervals, and lets timeouts that wait and later ones fire', async () => {
    const parent = new Lifetime();
    const socket = new Lifetime('live', parent);
    const call = Object.assign(new FakeCall(), { lifetime: socket });
    calls.within(call, () => timers.setInterval(fire('interval'), 1), undefined);
    calls.within(call, () => timers.setTimeout(() => timers.setTimeout(fire('second'), 1), 1), undefined);
    socket.retire();
    calls.within(call, () => timers.setInterval(fire('late interval'), 1), undefined);
    await expect.poll(() => fired).toEqual(['second']);
    expect(set.size).toBe(0);
  });

  it('leaves what waits to the function, whose deletion clears it', () => {
    const parent = new Lifetime();
    const socket = new Lifetime('live', parent);
    const call = Object.assign(new FakeCall(), { lifetime: socket });
    const cleared = calls.within(call, () => timers.setTimeout(fire('timeout'), 60_000), undefined);
    calls.within(call, () => timers.setTimeout(fire('timeout'), 60_000), undefined);
    socket.retire();
    timers.clearTimeout(cleared as NodeJS.Timeout);
    expect(set.size).toBe(1);
    parent.end();
    expect(set.size).toBe(0);
  });
});

describe('the mark of the code that runs', () => {
  const running = (): unknown => calls.attribution.current;

  it('is that of the module while a callback runs, and the outer one afterwards', async () => {
    const seen: unknown[] = [];
    const other = createSet(2);
    const note = (): void => void seen.push(running());
    timers.setTimeout(note, 1);
    timers.setImmediate(note);
    const interval = timers.setInterval(() => {
      note();
      timers.clearInterval(interval as NodeJS.Timeout);
    }, 1);
    await expect.poll(() => seen).toEqual([1, 1, 1]);
    other.functions().setImmediate(note);
    await expect.poll(() => seen).toEqual([1, 1, 1, 2]);
    expect(running()).toBe(0);
  });

  it('is left also when a callback throws', async () => {
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = once(process, 'uncaughtException');
    timers.setImmediate(() => {
      throw new Error(`thrown by ${String(running())}`);
    });
    const [error] = await thrown;
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect([error, running()]).toEqual([new Error('thrown by 1'), 0]);
  });
});

describe('the limit', () => {
  const refusal = expect.objectContaining({ code: 'TIMERS_EXCEEDED', details: { name: 'timers', limit: 100_000 } });

  let last: NodeJS.Timeout;

  beforeEach(() => {
    for (let n = 0; n < 100_000; n += 1) last = timers.setTimeout(fire('timeout'), 60_000) as NodeJS.Timeout;
  });

  it.each(['setTimeout', 'setInterval', 'setImmediate'] as const)('makes %s() throw, and starts nothing', async (name) => {
    expect(() => timers[name](fire('refused'), 1)).toThrow(refusal);
    await pastAll();
    expect([set.size, fired]).toEqual([100_000, []]);
  });

  it('counts what waits of one module: a cleared timer makes room, and others have theirs', () => {
    const other = createSet(2);
    other.functions().setTimeout(fire('other'), 60_000);
    expect(other.size).toBe(1);
    expect(() => timers.setTimeout(fire('refused'), 60_000)).toThrow(refusal);
    timers.clearTimeout(last);
    expect(() => timers.setTimeout(fire('timeout'), 60_000)).not.toThrow();
    expect(set.size).toBe(100_000);
  });
});
