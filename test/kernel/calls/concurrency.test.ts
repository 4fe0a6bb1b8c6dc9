import { describe, expect, it } from 'vitest';
import { Concurrency } from '../../../runtime/kernel/calls/concurrency.ts';

const counters = { requestsActive: 0, requestsQueued: 0 };
const idle = { takeTurn: () => undefined };

function create(concurrency = 1, queuedCalls = 1): Concurrency {
  Object.assign(counters, { requestsActive: 0, requestsQueued: 0 });
  return new Concurrency({ concurrency, queuedCalls }, counters);
}

describe('Concurrency', () => {
  it('isFull() is true for a function that runs as many calls as it may, and for no other', () => {
    const calls = create();
    expect(calls.isFull('f')).toBe(false);
    calls.enter('f');
    expect([calls.isFull('f'), calls.isFull('g')]).toEqual([true, false]);
  });

  it('wait() returns undefined when as many calls wait as may', () => {
    const calls = create();
    calls.enter('f');
    expect(calls.wait('f', idle)).toBeDefined();
    expect(calls.wait('f', idle)).toBeUndefined();
    expect(counters).toEqual({ requestsActive: 1, requestsQueued: 1 });
  });

  it('a call that waits comes before a new one, also when a place is free', async () => {
    const calls = create();
    const lane = calls.enter('f');
    const turns: string[] = [];
    calls.wait('f', { takeTurn: () => turns.push('waiting') });
    calls.leave(lane);
    expect([calls.isFull('f'), turns]).toEqual([true, []]);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect([calls.isFull('f'), turns, counters.requestsQueued]).toEqual([false, ['waiting'], 0]);
  });

  it('withdraw() takes a call out of the queue, once', () => {
    const calls = create();
    const lane = calls.enter('f');
    const entry = calls.wait('f', idle);
    if (!entry) throw new Error('the queue is full');
    calls.withdraw('f', entry);
    calls.withdraw('f', entry);
    calls.leave(lane);
    expect([calls.isFull('f'), counters]).toEqual([false, { requestsActive: 0, requestsQueued: 0 }]);
  });

  it('forgetIdle() forgets functions without pending calls only', () => {
    const calls = create();
    const lane = calls.enter('f');
    calls.enter('g');
    calls.leave(lane);
    calls.forgetIdle();
    expect(calls.size).toBe(1);
  });
});
