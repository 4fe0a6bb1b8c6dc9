import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../../runtime/kernel/calls/deadlines.ts';

describe('Deadlines', () => {
  it('the timer runs only while there is a call to look at', async () => {
    const deadlines = new Deadlines(20);
    expect(deadlines.running).toBe(false);
    const entry = deadlines.add({ expire: () => undefined });
    expect(deadlines.running).toBe(true);
    deadlines.remove(entry);
    await vi.waitFor(() => expect(deadlines.running).toBe(false));
  });

  it('expire() is called once for a call that stays, and not before its time is over', async () => {
    const deadlines = new Deadlines(60);
    const begun = performance.now();
    let expired = 0;
    const elapsed = await new Promise<number>((resolve) => {
      deadlines.add({
        expire: () => {
          expired += 1;
          resolve(performance.now() - begun);
        },
      });
    });
    expect(elapsed).toBeGreaterThanOrEqual(60);
    await sleep(40);
    expect([expired, deadlines.running]).toEqual([1, false]);
  });

  it('remove() takes a call out at any place', async () => {
    const deadlines = new Deadlines(30);
    const expired: string[] = [];
    const entries = ['a', 'b', 'c'].map((name) => deadlines.add({ expire: () => expired.push(name) }));
    const [, middle] = entries;
    if (middle) deadlines.remove(middle);
    await vi.waitFor(() => expect(expired).toEqual(['a', 'c']));
  });

  it('a call that begins while another one expires gets its whole time', async () => {
    const deadlines = new Deadlines(60);
    const begun: number[] = [];
    const elapsed = await new Promise<number>((resolve) => {
      deadlines.add({
        expire: () => {
          begun.push(performance.now());
          deadlines.add({ expire: () => resolve(performance.now() - (begun[0] ?? 0)) });
        },
      });
    });
    expect(elapsed).toBeGreaterThanOrEqual(60);
  });

  it('stop() ends the timer, and the next add() starts it again', async () => {
    const deadlines = new Deadlines(20);
    let expired = false;
    deadlines.add({ expire: () => (expired = true) });
    deadlines.stop();
    expect(deadlines.running).toBe(false);
    deadlines.add({ expire: () => undefined });
    await vi.waitFor(() => expect(expired).toBe(true));
  });
});
