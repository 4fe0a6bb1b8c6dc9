import { describe, expect, it, vi } from 'vitest';
import type { CurrentCall } from '../../../../runtime/kernel/calls/current-call.ts';
import { Registry } from '../../../../runtime/kernel/functions/registry.ts';
import { createInvoke } from '../../../../runtime/worker/triggers/call/invoke-call.ts';
import { initialize } from '../../../../runtime/worker/triggers/call/init-call.ts';
import { createCalls, FakeCall } from '../../calls.ts';

type Handler = (context: unknown) => unknown;

function host(handlers: Readonly<Record<string, Handler>>) {
  const lines: string[] = [];
  const thrown: unknown[] = [];
  const calls = createCalls({ log: (_level, message) => lines.push(message), logThrown: (error) => thrown.push(error) });
  const functions = new Registry((module) => ({
    exports: { default: handlers[module.name] },
    evaluate: () => {
      module.mark = calls.attribution.mark(module.name, module.revision);
    },
    dispose: () => undefined,
    accept: () => undefined,
  }));
  const names = Object.keys(handlers);
  functions.install({ functions: names.map((name) => ({ name, revision: 1, methods: undefined, code: '', map: '' })), deleted: [] });
  return { calls, functions, lines, thrown };
}

describe('createInvoke()', () => {
  it('resolves to what the function returns and rejects with what it throws, which is not logged', async () => {
    const { calls, functions, thrown } = host({
      adds: (context) => ({ got: context }),
      fails: async () => {
        throw new Error('mine');
      },
    });
    const invoke = createInvoke(calls, functions);
    expect(await invoke('adds', { a: 1 })).toEqual({ got: { a: 1 } });
    await expect(invoke('fails', {})).rejects.toThrow('mine');
    await expect(invoke('none', {})).rejects.toMatchObject({ code: 'FUNCTION_MISSING' });
    expect(thrown).toEqual([]);
  });

  it('attributes code to the invoked function, and to the caller again once that returns', async () => {
    const marks: (number | undefined)[] = [];
    const { calls, functions } = host({ inner: () => void marks.push(calls.attribution.current) });
    const invoke = createInvoke(calls, functions);
    const before = calls.attribution.current;
    const done = invoke('inner', {});
    expect(calls.attribution.current).toBe(before);
    await done;
    expect(marks).toEqual([calls.attribution.markOf('inner', 1)]);
  });

  it('is a call of its own with the ids of the outer one, and lives as long as that', async () => {
    let inner: CurrentCall | undefined;
    const { calls, functions } = host({ inner: () => void (inner = calls.current) });
    const outer = new FakeCall('outer', 4, { requestId: 'r7', connectionId: 'c7' });
    await calls.within(outer, () => createInvoke(calls, functions)('inner', {}), undefined);
    expect(inner).toMatchObject({ function: 'inner', revision: 1, requestId: 'r7', connectionId: 'c7', ended: false });
    const ended: string[] = [];
    inner?.onEnd(() => ended.push('inner'));
    outer.end();
    expect([inner?.ended, ended]).toEqual([true, ['inner']]);
  });

  it('outside of any call is named invoke, and ends when the function has settled', async () => {
    let call: CurrentCall | undefined;
    const { calls, functions } = host({ alone: async () => void (call = calls.current) });
    await createInvoke(calls, functions)('alone', {});
    expect(call).toMatchObject({ requestId: 'invoke', connectionId: undefined, ended: true });
  });
});

describe('initialize()', () => {
  it('calls __init__ with the method INIT and waits for it', async () => {
    const contexts: unknown[] = [];
    const { calls, functions } = host({
      __init__: async (context) => {
        await Promise.resolve();
        contexts.push(context);
      },
    });
    await initialize(calls, functions, 1_000);
    expect(contexts).toEqual([{ method: 'INIT', __function_name: '__init__', requestId: 'init' }]);
  });

  it('resolves at once without __init__, and when it throws, which is logged', async () => {
    const without = host({});
    await initialize(without.calls, without.functions, 1_000);
    const failing = host({
      __init__: () => {
        throw new Error('no luck');
      },
    });
    await initialize(failing.calls, failing.functions, 1_000);
    expect(failing.thrown).toEqual([expect.objectContaining({ message: 'no luck' })]);
  });

  it('logs INIT_TIMEOUT when __init__ takes longer than it may, and waits no longer', async () => {
    let finish = (): void => {};
    let call: CurrentCall | undefined;
    const { calls, functions, lines } = host({
      __init__: () => {
        call = calls.current;
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
    });
    await initialize(calls, functions, 20);
    expect(lines).toEqual([expect.stringContaining('20 ms')]);
    expect(call?.ended).toBe(false);
    finish();
    await vi.waitFor(() => expect(call?.ended).toBe(true));
  });
});
