import { describe, expect, it } from 'vitest';
import { Attribution } from '../../../runtime/kernel/calls/attribution.ts';

describe('importing()', () => {
  it('shows whose import is under way until it settles, and the last of several', async () => {
    const shown = new Int32Array(2);
    const attribution = new Attribution(shown);
    const finish: ((value: number) => void)[] = [];
    const begin = (mark: number): Promise<number> => attribution.importing(mark, new Promise<number>((resolve) => finish.push(resolve)));
    const first = begin(3);
    expect([...shown]).toEqual([0, 3]);
    const second = begin(4);
    expect([...shown]).toEqual([0, 4]);
    finish[0]?.(1);
    expect(await first).toBe(1);
    expect([...shown]).toEqual([0, 4]);
    finish[1]?.(2);
    expect(await second).toBe(2);
    expect([...shown]).toEqual([0, 0]);
  });

  it('ends with an import that fails, and does not touch whose code runs', async () => {
    const shown = new Int32Array(2);
    const attribution = new Attribution(shown);
    const outer = attribution.enter(7);
    await expect(attribution.importing(3, Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect([...shown]).toEqual([7, 0]);
    attribution.leave(outer);
    expect([...shown]).toEqual([0, 0]);
  });
});
