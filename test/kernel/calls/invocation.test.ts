import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createInvocationScope, Invocation } from '../../../runtime/kernel/calls/invocation.ts';

const origin = { function: 'a', revision: 3, requestId: 'r1' };

describe('Invocation', () => {
  it('knows where it comes from', () => {
    const over = new Invocation({ ...origin, connectionId: 'c1' });
    expect([over.function, over.revision, over.requestId, over.connectionId]).toEqual(['a', 3, 'r1', 'c1']);
    expect(new Invocation(origin).connectionId).toBeUndefined();
  });

  it('end() runs the callbacks once, in their order, with `ended` true', () => {
    const invocation = new Invocation(origin);
    const seen: (string | boolean)[] = [];
    invocation.onEnd(() => seen.push('first', invocation.ended));
    invocation.onEnd(() => seen.push('second'));
    expect(invocation.ended).toBe(false);
    invocation.end();
    invocation.end();
    expect(seen).toEqual(['first', true, 'second']);
  });

  it('onEnd() runs the callback at once when the invocation has ended', () => {
    const invocation = new Invocation(origin);
    const seen: string[] = [];
    invocation.onEnd(() => invocation.onEnd(() => seen.push('from a callback')));
    invocation.end();
    invocation.onEnd(() => seen.push('late'));
    expect(seen).toEqual(['from a callback', 'late']);
  });
});

describe('createInvocationScope()', () => {
  it('carries an invocation through timers and promises, apart from others', async () => {
    const scope = createInvocationScope();
    const wander = async (): Promise<string | undefined> => {
      await nextTurn();
      await Promise.resolve();
      return scope.getStore()?.requestId;
    };
    const both = ['r1', 'r2'].map((requestId) => scope.run(new Invocation({ ...origin, requestId }), wander));
    expect(await Promise.all(both)).toEqual(['r1', 'r2']);
    expect(scope.getStore()).toBeUndefined();
    expect(createInvocationScope().run(new Invocation(origin), () => scope.getStore())).toBeUndefined();
  });
});
