import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { SocketContext, UpgradeContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { closed, deferred, handshake, open, rawClient, recorder, startHost, textOf } from './host.ts';

const limits = { eventTimeout: 40 };

describe('an event whose handler does not settle in time', () => {
  it('lets the next go on in order, is logged once with its invocation and counted', async () => {
    const seen = recorder<string>();
    const host = await startHost(
      {
        default: (context) => {
          seen.record(textOf(context));
          return textOf(context) === 'hangs' ? new Promise(() => {}) : Promise.resolve();
        },
      },
      { limits },
    );
    const socket = await open(host);
    for (const text of ['a', 'hangs', 'b', 'c']) socket.send(text);
    socket.close();
    expect(await seen.seen(6)).toEqual(['WebSocket:connection', 'a', 'hangs', 'b', 'c', 'WebSocket:close']);
    const fields = { function: '__websocket__', revision: 1, requestId: expect.stringMatching(/-3$/), connectionId: expect.any(String) };
    expect(host.logs).toMatchObject([{ level: 'error', message: expect.stringContaining('WebSocket:message'), fields }]);
    expect(host.failures).toEqual([]);
    expect(host.app.counters.timeouts).toBe(1);
  });

  it('and settles later is not taken for the end of the event after it', async () => {
    const gates = { first: deferred(), second: deferred() };
    const seen = recorder<string>();
    const host = await startHost(
      {
        default: async (context) => {
          const text = textOf(context);
          seen.record(text);
          if (text === 'first') await gates.first.promise;
          if (text === 'second') await gates.second.promise;
        },
      },
      { limits: { eventTimeout: 400 } },
    );
    const socket = await open(host);
    for (const text of ['first', 'second', 'third']) socket.send(text);
    await seen.seen(3);
    expect(seen.values.at(-1)).toBe('second');
    gates.first.resolve();
    socket.ping();
    await once(socket, 'pong');
    expect(seen.values.at(-1)).toBe('second');
    gates.second.resolve();
    expect((await seen.seen(4)).at(-1)).toBe('third');
    expect(host.app.counters.timeouts).toBe(1);
  });

  it('and rejects later is logged for that, too', async () => {
    const gate = deferred();
    const host = await startHost(
      {
        default: async ({ method }) => {
          if (method !== 'WebSocket:message') return;
          await gate.promise;
          throw new Error('late');
        },
      },
      { limits },
    );
    const socket = await open(host);
    socket.send('x');
    await vi.waitFor(() => expect(host.logs).toMatchObject([{ message: expect.stringContaining('did not settle') }]));
    gate.resolve();
    await vi.waitFor(() => expect(host.failures).toMatchObject([{ thrown: { message: 'late' }, invocation: { ended: true } }]));
  });

  it('does not keep the close from coming last and exactly once', async () => {
    const seen = recorder<string>();
    const host = await startHost(
      {
        default: (context) => {
          seen.record(textOf(context));
          return new Promise(() => {});
        },
      },
      { limits },
    );
    const socket = await open(host);
    socket.send('a');
    socket.terminate();
    expect(await seen.seen(3)).toEqual(['WebSocket:connection', 'a', 'WebSocket:close']);
    await vi.waitFor(() => expect(host.app.counters.timeouts).toBe(3));
    expect(seen.values.length).toBe(3);
    await host.server.close(60_000);
  });

  it('that is synchronous or settles is not timed out', async () => {
    const host = await startHost({ default: ({ method }) => (method === 'WebSocket:message' ? Promise.resolve() : undefined) }, { limits });
    const slow = await startHost({ default: () => new Promise(() => {}) }, { limits });
    const socket = await open(host);
    socket.send('x');
    await open(slow);
    await vi.waitFor(() => expect(slow.app.counters.timeouts).toBe(1));
    expect([host.app.counters.timeouts, host.failures]).toEqual([0, []]);
  });
});

describe('ctx.signal of an event', () => {
  it('is one signal, no key of the context, and may be replaced', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    await open(host);
    const [context] = await events.seen(1);
    if (!context) throw new Error('no event');
    expect(context.signal).toBeInstanceOf(AbortSignal);
    expect(context.signal).toBe(context.signal);
    expect([Object.keys(context).includes('signal'), Object.hasOwn(context, 'signal')]).toEqual([false, false]);
    const other = AbortSignal.abort();
    context.signal = other;
    expect([context.signal, { ...context }.signal]).toEqual([other, other]);
  });

  it('aborts with EVENT_TIMEOUT when its time is over, also when it is asked for only then', async () => {
    const gate = deferred();
    const events = recorder<SocketContext>();
    const early = recorder<AbortSignal>();
    const host = await startHost(
      {
        default: (context) => {
          if (context.method === 'WebSocket:message') early.record(context.signal);
          events.record(context);
          return gate.promise;
        },
      },
      { limits },
    );
    const socket = await open(host);
    socket.send('x');
    const [connection] = await events.seen(2);
    expect(connection?.signal).toMatchObject({ aborted: true, reason: { code: 'EVENT_TIMEOUT' } });
    const [signal] = early.values;
    if (signal && !signal.aborted) await once(signal, 'abort');
    expect(signal?.reason).toMatchObject({ code: 'EVENT_TIMEOUT' });
    gate.resolve();
  });

  it('aborts when the socket closes, of a pending event as of one that has ended', async () => {
    const contexts = recorder<SocketContext>();
    const signals = recorder<AbortSignal>();
    const aborted = recorder<string>();
    const host = await startHost({
      default: (context) => {
        contexts.record(context);
        const { signal } = context;
        signals.record(signal);
        const name = textOf(context);
        if (name !== 'polls') signal.addEventListener('abort', () => aborted.record(name));
        return name === 'pending' ? new Promise(() => {}) : undefined;
      },
    });
    const socket = await open(host);
    for (const text of ['polls', 'pending', 'waits']) socket.send(text);
    await contexts.seen(3);
    expect(signals.values.map((signal) => signal.aborted)).toEqual([false, false, false]);
    socket.terminate();
    expect(await aborted.seen(2)).toEqual(expect.arrayContaining(['WebSocket:connection', 'pending']));
    expect(signals.values.map((signal) => signal.aborted)).toEqual([true, true, true]);
  });

  it('of the close event does not abort by the close', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    const socket = await open(host);
    socket.close();
    const [connection, close] = await events.seen(2);
    expect([connection?.signal.aborted, close?.signal.aborted]).toEqual([true, false]);
  });
});

describe('ctx.signal of upgrade()', () => {
  it('aborts when its time is over', async () => {
    const seen = recorder<UpgradeContext>();
    const host = await startHost(
      {
        default: () => undefined,
        upgrade: (context) => {
          seen.record(context);
          return new Promise(() => {});
        },
      },
      { limits: { upgradeTimeout: 20 } },
    );
    const reply = handshake(host);
    const [context] = await seen.seen(1);
    const signal = context?.signal;
    expect(signal?.aborted).toBe(false);
    expect(Object.keys(context ?? {}).includes('signal')).toBe(false);
    expect((await reply).status).toBe(504);
    expect([signal?.aborted, host.app.counters.timeouts]).toEqual([true, 1]);
  });

  it.each(['end', 'resetAndDestroy'] as const)('aborts when the client goes by %s()', async (way) => {
    const seen = recorder<UpgradeContext>();
    const host = await startHost({
      default: () => undefined,
      upgrade: (context) => {
        seen.record(context);
        return new Promise(() => {});
      },
    });
    const socket = await rawClient(host, false);
    const [context] = await seen.seen(1);
    if (!context) throw new Error('not asked');
    const aborted = once(context.signal, 'abort');
    socket[way]();
    await aborted;
    await closed(context.request.socket);
    expect([host.failures, host.logs, host.app.counters.timeouts]).toEqual([[], [], 0]);
  });

  it('does not abort once the upgrade is accepted', async () => {
    const seen = recorder<UpgradeContext>();
    const host = await startHost({
      default: () => undefined,
      upgrade: async (context) => seen.record(context),
    });
    const socket = await open(host);
    const signal = seen.values[0]?.signal;
    socket.close();
    await once(socket, 'close');
    expect(signal?.aborted).toBe(false);
  });
});
