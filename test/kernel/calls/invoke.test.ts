import { describe, expect, it } from 'vitest';
import type { CurrentCall } from '../../../runtime/kernel/calls/current-call.ts';
import { createInvocationScope } from '../../../runtime/kernel/calls/invocation.ts';
import { invoke, isThenable } from '../../../runtime/kernel/calls/invoke.ts';

const origin = { function: 'a', revision: 1, requestId: 'r1' };
const scope = createInvocationScope();

/** Invokes, and answers what came back beside the invocation that it ran as. */
function run(call: () => unknown): { result: unknown; thrown: unknown; invocation: CurrentCall | undefined } {
  let invocation: CurrentCall | undefined;
  let result: unknown;
  let thrown: unknown;
  try {
    result = invoke(scope, origin, () => {
      invocation = scope.getStore();
      return call();
    });
  } catch (error) {
    thrown = error;
  }
  return { result, thrown, invocation };
}

describe('invoke()', () => {
  it('answers what the call answers, and has ended', () => {
    const { result, invocation } = run(() => 'done');
    expect([result, invocation?.requestId, invocation?.ended]).toEqual(['done', 'r1', true]);
    expect(scope.getStore()).toBeUndefined();
  });

  it('throws what the call throws, and has ended', () => {
    const failure = new Error('no');
    const { thrown, invocation } = run(() => {
      throw failure;
    });
    expect(thrown).toBe(failure);
    expect(invocation?.ended).toBe(true);
  });

  it.each(['resolve', 'reject'] as const)('ends when a promise settles: %s', async (way) => {
    const settle: Record<string, (value: string) => void> = {};
    const { result, invocation } = run(() => new Promise((resolve, reject) => Object.assign(settle, { resolve, reject })));
    await Promise.resolve();
    expect(invocation?.ended).toBe(false);
    settle[way]?.('value');
    const [outcome] = await Promise.allSettled([result]);
    expect(outcome).toEqual(way === 'resolve' ? { status: 'fulfilled', value: 'value' } : { status: 'rejected', reason: 'value' });
    expect(invocation?.ended).toBe(true);
  });

  it('asks a thenable that works when it is asked, such as a query, only once and within the invocation', async () => {
    const asked: (string | undefined)[] = [];
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- query builders are such objects
      then(resolve: (value: string) => void): void {
        asked.push(scope.getStore()?.requestId);
        resolve('rows');
      },
    };
    const { result, invocation } = run(() => query);
    expect(await result).toBe('rows');
    expect(asked).toEqual(['r1']);
    expect(invocation?.ended).toBe(true);
  });

  it('ends when what it answers throws as soon as it is looked at', async () => {
    const { thrown, result, invocation } = run(() => ({
      // oxlint-disable-next-line unicorn/no-thenable -- hostile on purpose
      get then(): never {
        throw new Error('hostile');
      },
    }));
    await Promise.allSettled([result]);
    expect(invocation?.ended).toBe(true);
    expect(thrown ?? result).toBeInstanceOf(Error);
  });
});

describe('isThenable()', () => {
  it.each<[unknown, boolean]>([
    [Promise.resolve(), true],
    // oxlint-disable-next-line unicorn/no-thenable
    [{ then: () => undefined }, true],
    // oxlint-disable-next-line unicorn/no-thenable
    [Object.assign(() => undefined, { then: () => undefined }), true],
    // oxlint-disable-next-line unicorn/no-thenable
    [{ then: 'now' }, false],
    [{}, false],
    ['then', false],
    [null, false],
    [undefined, false],
    [0, false],
  ])('%j: %s', (value, expected) => {
    expect(isThenable(value)).toBe(expected);
  });
});
