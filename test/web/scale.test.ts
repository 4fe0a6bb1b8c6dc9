import { describe, expect, it } from 'vitest';
import { linearScale, logScale, nearest } from '../../web/status/scale.ts';

describe('linearScale()', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [4, [0, 2, 4]],
    [7, [0, 5, 10]],
    [123_000_000, [0, 50_000_000, 100_000_000, 150_000_000]],
  ])('gives %d round ticks from nought to a value that is not below it', (max, ticks) => {
    expect(linearScale(max).ticks).toEqual(ticks);
  });

  it('puts nought at the bottom and its last tick at the top', () => {
    const { at } = linearScale(7);
    expect([at(0), at(5), at(10), at(99)]).toEqual([0, 0.5, 1, 1]);
  });
});

describe('logScale()', () => {
  it('reaches to the power of ten above, and at least to 100', () => {
    expect(logScale(0).ticks).toEqual([1, 10, 100]);
    expect(logScale(2_500).ticks).toEqual([1, 10, 100, 1_000, 10_000]);
  });

  it('puts each power at the same distance, and what is below 1 at the bottom', () => {
    const { at } = logScale(100);
    expect([at(0), at(1), at(10), at(100)]).toEqual([0, 0, 0.5, 1]);
  });
});

describe('nearest()', () => {
  it('finds the time that is nearest, also beyond both ends', () => {
    const times = [10, 20, 40];
    expect([-5, 14, 16, 29, 31, 99].map((time) => nearest(times, time))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('answers -1 when there is none', () => {
    expect(nearest([], 5)).toBe(-1);
  });
});
