import { describe, expect, it } from 'vitest';
import { intercept, refused } from '../../../../runtime/worker/dialects/laf/interceptor.ts';
import type { FunctionContext } from '../../../../sdk/context.ts';

const context = { requestId: 'r1' } as unknown as FunctionContext;
const echo = (given: unknown): unknown => ['function', given];

describe('intercept() with next', () => {
  it('answers what the interceptor returns, and runs the function only when next is called', async () => {
    let ran = 0;
    const count = (): unknown => ++ran;
    expect(await intercept((_, next) => next && 'own answer', count, context)).toBe('own answer');
    expect(ran).toBe(0);
    expect(await intercept(async (_, next) => (typeof next === 'function' ? `got ${await next()}` : ''), count, context)).toBe('got 1');
  });

  it('next() gives the function the same context, next(other) the other one', async () => {
    const call = (...given: unknown[]) => intercept((_, next) => (typeof next === 'function' ? next(...given) : undefined), echo, context);
    expect(await call()).toEqual(['function', context]);
    expect(await call({ other: 1 })).toEqual(['function', { other: 1 }]);
    expect(await call(null)).toEqual(['function', null]);
  });

  it('next() rejects with what the function throws, so that the interceptor may catch it', async () => {
    const fail = (): never => {
      throw new Error('no');
    };
    const rescue = async (_: unknown, next: unknown): Promise<unknown> => {
      if (typeof next !== 'function') return undefined;
      const pending: Promise<unknown> = next();
      return pending.catch((error: unknown) => ['rescued', error]);
    };
    expect(await intercept(rescue, fail, context)).toEqual(['rescued', new Error('no')]);
  });

  it('false is an answer like any other', async () => {
    expect(await intercept((_, next) => next === undefined, echo, context)).toBe(false);
  });
});

describe('intercept() without next', () => {
  it.each([undefined, true, null, 0, ''])('runs the function when the interceptor answers %j', async (decision) => {
    expect(await intercept((given) => given === context && decision, echo, context)).toEqual(['function', context]);
  });

  it.each([() => false, async () => false])('refuses on false, now or later, and does not run the function', async (interceptor) => {
    let ran = false;
    const answer = await intercept(interceptor, () => (ran = true), context);
    expect(answer).toBe(refused);
    expect(ran).toBe(false);
  });

  it('rejects with what the interceptor throws, without running the function', async () => {
    let ran = false;
    const fail = (): never => {
      throw new Error('no');
    };
    await expect(Promise.resolve(intercept(fail, () => (ran = true), context))).rejects.toThrow('no');
    expect(ran).toBe(false);
  });
});
