import { describe, expect, it } from 'vitest';
import { Queue } from '../../../runtime/kernel/calls/queue.ts';

describe('Queue', () => {
  it('shift() takes values in the order in which they came, and undefined from an empty queue', () => {
    const queue = new Queue<number>();
    for (let n = 0; n < 1_000; n += 1) queue.push(n);
    expect(Array.from({ length: 1_000 }, () => queue.shift())).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect([queue.shift(), queue.size, queue.first]).toEqual([undefined, 0, undefined]);
  });

  it('remove() takes an entry from the front, the middle and the end, once', () => {
    const queue = new Queue<string>();
    const entries = ['a', 'b', 'c', 'd', 'e'].map((value) => queue.push(value));
    for (const at of [0, 2, 4, 2]) {
      const entry = entries[at];
      if (entry) queue.remove(entry);
    }
    expect([queue.size, queue.first, [...queue.backwards()]]).toEqual([2, 'b', ['d', 'b']]);
    queue.push('f');
    expect([queue.shift(), queue.shift(), queue.shift(), queue.size]).toEqual(['b', 'd', 'f', 0]);
  });
});
