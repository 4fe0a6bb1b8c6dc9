import { describe, expect, it } from 'vitest';
import { Queue } from '../../../runtime/worker/sockets/queue.ts';

describe('Queue', () => {
  it('gives back in order what was pushed, across many fillings', () => {
    const queue = new Queue<number>();
    const taken: number[] = [];
    let pushed = 0;
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 100; i += 1) queue.push(pushed++);
      for (let i = 0; i < 90; i += 1) taken.push(queue.shift() ?? -1);
      expect(queue.size).toBe(pushed - taken.length);
    }
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item);
    expect(taken).toEqual(Array.from({ length: pushed }, (_, index) => index));
    expect(queue.size).toBe(0);
  });

  it('answers undefined when it is empty, and works on', () => {
    const queue = new Queue<string>();
    expect(queue.shift()).toBeUndefined();
    queue.push('a');
    expect([queue.shift(), queue.shift(), queue.size]).toEqual(['a', undefined, 0]);
  });
});
