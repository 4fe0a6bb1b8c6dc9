import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HearthError } from '../../../../runtime/kernel/errors.ts';
import { event, type Host, startHost, type TestFunction } from './host.ts';

const functionTimeout = 40;
let host: Host;
beforeEach(async () => {
  host = await startHost(undefined, { functionTimeout });
});
afterEach(() => host.close());

async function answer(handler: TestFunction): Promise<{ status: number; text: string; id: string | null }> {
  host.publish('f', handler);
  const response = await host.fetch('/f');
  return { status: response.status, text: await response.text(), id: response.headers.get('request-id') };
}

const never: TestFunction = () => new Promise(() => undefined);

describe('a function that does not answer', () => {
  it('is answered 504 FUNCTION_TIMEOUT, logged and counted', async () => {
    const { status, text, id } = await answer(never);
    expect(status).toBe(504);
    expect(JSON.parse(text)).toEqual({ error: 'The function did not answer within 40 ms.', code: 'FUNCTION_TIMEOUT', requestId: id });
    expect(host.records).toEqual([
      { level: 'error', message: expect.stringContaining('40 ms'), fields: { function: 'f', revision: 1, requestId: id } },
    ]);
    expect(host.app.counters).toMatchObject({ timeouts: 1, requestErrors: 0, requestsActive: 0 });
    expect(host.failures).toEqual([]);
  });

  it('loses what it had put into the response', async () => {
    const { status, text } = await answer(async ({ response }) => {
      response.setHeader('Content-Length', 1);
      response.chunkedEncoding = true;
      await never(Object.create(null), async () => undefined);
    });
    expect([status, JSON.parse(text).code]).toEqual([504, 'FUNCTION_TIMEOUT']);
  });

  it('each of many is answered in its time, and the next request as ever', async () => {
    host.publish('slow', never);
    host.publish('fast', async () => 'fast');
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => host.fetch(index % 2 === 0 ? '/slow' : '/fast')));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 504 : 200)));
    expect((await host.fetch('/slow')).status).toBe(504);
    expect(host.app.counters.timeouts).toBe(11);
  });

  it('is counted although its client has gone', async () => {
    const called = event();
    host.publish('f', () => {
      called.happen();
      return new Promise(() => undefined);
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    await called.happened;
    socket.destroy();
    await vi.waitFor(() => expect(host.app.counters).toMatchObject({ timeouts: 1, requestsActive: 0 }));
  });
});

describe('what a function does after its time', () => {
  const late = async (act: (context: Parameters<TestFunction>[0]) => unknown): Promise<void> => {
    const done = event();
    const { status } = await answer(async (context) => {
      while (!context.response.writableEnded) await sleep(5);
      try {
        return act(context);
      } finally {
        setImmediate(done.happen);
      }
    });
    expect(status).toBe(504);
    await done.happened;
  };

  it('a late value is ignored', async () => {
    await late(() => 'late');
    expect(host.failures).toEqual([]);
  });

  it('a late rejection is logged once and no second reply', async () => {
    await late(() => {
      throw new Error('late');
    });
    expect(host.failures.map(({ thrown }) => String(thrown))).toEqual(['Error: late']);
    expect(host.app.counters).toMatchObject({ timeouts: 1, requestErrors: 0 });
  });

  it('a late end() or write() does nothing, and a late send() is a logged failure of the function', async () => {
    await late(({ response }) => void response.end());
    await late(({ response }) => void response.end('late'));
    await late(({ response }) => void response.write('late'));
    expect(host.failures).toEqual([]);
    await late(({ response }) => void response.send('late'));
    expect(host.failures.map(({ invocation }) => invocation.function)).toEqual(['f']);
    host.publish('f', () => 'alive');
    expect(await (await host.fetch('/f')).text()).toBe('alive');
  });
});

describe('a function that has begun to answer is never timed out', () => {
  const slow = (act: (context: Parameters<TestFunction>[0]) => void): TestFunction => {
    return async (context) => {
      act(context);
      await sleep(functionTimeout * 4);
      context.response.end('end');
    };
  };
  const rows: [string, TestFunction][] = [
    ['with its headers', slow(({ response }) => response.flushHeaders())],
    [
      'after a while',
      async ({ response }) => {
        await sleep(5);
        response.write('');
        response.flushHeaders();
        await sleep(functionTimeout * 4);
        response.end('end');
      },
    ],
    ['with server-sent events to come', slow(({ response }) => void response.setHeader('Content-Type', 'text/event-stream'))],
  ];
  for (const [what, handler] of rows) {
    it(`a function that has begun to answer ${what} goes on`, async () => {
      expect(await answer(handler)).toMatchObject({ status: 200, text: 'end' });
      expect(host.app.counters).toMatchObject({ timeouts: 0, requestsActive: 0 });
    });
  }
});

describe('ctx.signal', () => {
  it('ctx.signal is no key, is the same each time, and can be replaced', async () => {
    const { text } = await answer((ctx) => {
      const { signal } = ctx;
      const seen = [
        Object.keys(ctx).includes('signal'),
        'signal' in ctx,
        ctx.signal === signal,
        signal instanceof AbortSignal,
        signal?.aborted,
      ];
      Reflect.set(ctx, 'signal', 'mine');
      return [...seen, Object.keys({ ...ctx }).at(-1), ctx.signal];
    });
    expect(JSON.parse(text)).toEqual([false, true, true, true, false, 'signal', 'mine']);
  });

  it('ctx.signal aborts with FUNCTION_TIMEOUT, in the scope of its invocation', async () => {
    const seen: unknown[] = [];
    await answer(({ signal }) => {
      signal?.addEventListener('abort', () => seen.push(signal.reason, host.app.calls.current?.function));
      return new Promise(() => undefined);
    });
    expect(seen).toEqual([expect.any(HearthError), 'f']);
    expect(seen[0]).toMatchObject({ code: 'FUNCTION_TIMEOUT', details: { limit: functionTimeout } });
  });

  it('ctx.signal ends a fetch() that is under way, and that is no failure', async () => {
    host.publish('never', never);
    const { status } = await answer(({ signal }) => fetch(`${host.url}/never`, { signal: signal ?? null }));
    expect(status).toBe(504);
    await vi.waitFor(() => expect(host.app.counters.timeouts).toBe(2));
    expect(host.failures).toEqual([]);
  });

  it('ctx.signal that is first asked for after the time is over has aborted', async () => {
    const seen = event();
    let aborted: boolean | undefined;
    await answer(async (ctx) => {
      while (!ctx.response.writableEnded) await sleep(5);
      aborted = ctx.signal?.aborted;
      seen.happen();
    });
    await seen.happened;
    expect(aborted).toBe(true);
  });

  it('ctx.signal aborts when the client goes, streaming or not', async () => {
    for (const begin of [false, true]) {
      const called = event();
      const aborted = event();
      let reason: unknown;
      host.publish('f', ({ signal, response }) => {
        if (begin) response.write('a');
        signal?.addEventListener('abort', () => {
          reason = signal.reason;
          aborted.happen();
        });
        called.happen();
        return new Promise(() => undefined);
      });
      const socket = connect({ port: host.port, host: '127.0.0.1' });
      socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
      await called.happened;
      socket.destroy();
      await aborted.happened;
      expect(reason).toMatchObject({ name: 'AbortError', message: expect.stringContaining('closed before') });
    }
  });

  it('ctx.signal never aborts after a finished response', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const context = event();
    let kept: Parameters<TestFunction>[0] | undefined;
    host.publish('f', async (ctx) => {
      signals.push(ctx.signal);
      return 'done';
    });
    host.publish('unasked', (ctx) => {
      kept = ctx;
      ctx.response.once('close', context.happen);
      return 'done';
    });
    expect((await host.fetch('/f')).status).toBe(200);
    await (await host.fetch('/unasked')).text();
    await context.happened;
    signals.push(kept?.signal);
    host.server.closeAllConnections();
    await vi.waitFor(() => expect(host.server.tracked.open.size).toBe(0));
    await sleep(functionTimeout * 2);
    expect(signals.map((signal) => signal?.aborted)).toEqual([false, false]);
  });
});
