import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { CurrentCall } from '../../../runtime/kernel/calls/current-call.ts';
import type { SocketContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { deferred, messages, open, recorder, startHost, textOf } from './host.ts';

describe('the context', () => {
  it('has its members, in order, on every event', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    const socket = await open(host, '/chat?a=1', { headers: { 'x-device': 'phone', authorization: 'Bearer good-ann' } });
    socket.send('hi');
    socket.close(4001, 'bye');
    const seen = await events.seen(3);
    for (const context of seen) {
      expect(Object.keys(context)).toEqual([
        'params',
        'method',
        'requestId',
        'socket',
        '__function_name',
        'url',
        'headers',
        'query',
        'user',
        'auth',
        'connectionId',
      ]);
      expect(context).toMatchObject({
        __function_name: '__websocket__',
        url: '/chat?a=1',
        headers: { 'x-device': 'phone' },
        query: { a: '1' },
        user: { uid: 'ann' },
        auth: { uid: 'ann' },
        connectionId: host.server.list()[0]?.id ?? seen[0]?.connectionId,
      });
    }
    expect(seen.map((context) => context.method)).toEqual(['WebSocket:connection', 'WebSocket:message', 'WebSocket:close']);
    expect(seen.map((context) => context.params)).toEqual([
      null,
      { data: Buffer.from('hi'), isBinary: false },
      { code: 4001, reason: Buffer.from('bye') },
    ]);
    expect(new Set(seen.map((context) => context.requestId)).size).toBe(3);
  });

  it('holds the same real ws socket on every event', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    const socket = await open(host);
    socket.send('hi');
    socket.close();
    const sockets = new Set((await events.seen(3)).map((context) => context.socket));
    expect(sockets.size).toBe(1);
    expect([...sockets][0]).toBeInstanceOf(WebSocket);
  });

  it('is a fresh object each time, which the function may change', async () => {
    const events = recorder<SocketContext & { mine?: string }>();
    const host = await startHost({
      default: (context: SocketContext & { mine?: string }) => {
        events.record({ ...context });
        context.mine = 'changed';
        context.connectionId = 'changed';
      },
    });
    const socket = await open(host);
    socket.send('a');
    const [, message] = await events.seen(2);
    expect(message?.mine).toBeUndefined();
    expect(message?.connectionId).not.toBe('changed');
  });

  it('gives text and binary as a Buffer', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    const socket = await open(host);
    socket.send('grüße');
    socket.send(Buffer.from([0, 255]));
    const [, text, binary] = await events.seen(3);
    expect(text?.params).toEqual({ data: Buffer.from('grüße'), isBinary: false });
    expect(binary?.params).toEqual({ data: Buffer.from([0, 255]), isBinary: true });
  });

  it('names one connection in each of two sockets', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    await open(host);
    await open(host);
    const ids = (await events.seen(2)).map((context) => context.connectionId);
    expect(new Set(ids).size).toBe(2);
    expect(host.server.list().map((row) => row.id)).toEqual(ids);
  });
});

describe('the order', () => {
  it('of events is kept while promises are pending, connection first and close last', async () => {
    const gate = deferred();
    const log: string[] = [];
    const done = deferred();
    const host = await startHost({
      default: async (context) => {
        const { method } = context;
        const name = textOf(context);
        log.push(`> ${name}`);
        await (method === 'WebSocket:connection' ? gate.promise : new Promise(setImmediate));
        log.push(`< ${name}`);
        if (method === 'WebSocket:close') done.resolve();
      },
    });
    const socket = await open(host);
    socket.send('a');
    socket.send('b');
    socket.close();
    await once(socket, 'close');
    expect(log).toEqual(['> WebSocket:connection']);
    gate.resolve();
    await done.promise;
    const names = ['WebSocket:connection', 'a', 'b', 'WebSocket:close'];
    expect(log).toEqual(names.flatMap((name) => [`> ${name}`, `< ${name}`]));
  });

  it('holds when a handler mixes promises and plain returns', async () => {
    const seen = recorder<string>();
    const host = await startHost({
      default: (context) => {
        if (context.method !== 'WebSocket:message') return undefined;
        const text = textOf(context);
        if (Number(text) % 3 !== 0) return seen.record(text);
        return new Promise(setImmediate).then(() => seen.record(text));
      },
    });
    const socket = await open(host);
    const sent = Array.from({ length: 500 }, (_, index) => String(index));
    for (const text of sent) socket.send(text);
    expect(await seen.seen(500)).toEqual(sent);
  });

  it('of one socket does not wait for another socket', async () => {
    const gate = deferred();
    const events = recorder<string>();
    const host = await startHost({
      default: async ({ url, method }) => {
        if (url === '/slow' && method === 'WebSocket:message') await gate.promise;
        events.record(`${url} ${method}`);
      },
    });
    const slow = await open(host, '/slow');
    const fast = await open(host, '/fast');
    slow.send('x');
    fast.send('x');
    expect((await events.seen(3)).slice(2)).toEqual(['/fast WebSocket:message']);
    gate.resolve();
    await events.seen(4);
  });

  it('lets a handler finish before the events that it causes at once', async () => {
    const log = recorder<string>();
    const host = await startHost({
      default: ({ method, socket }) => {
        log.record(`> ${method}`);
        if (method === 'WebSocket:connection') socket.emit('message', Buffer.from('mine'), false);
        log.record(`< ${method}`);
      },
    });
    await open(host);
    expect(await log.seen(4)).toEqual(['> WebSocket:connection', '< WebSocket:connection', '> WebSocket:message', '< WebSocket:message']);
  });

  it('has a plain handler run within the turn that the message arrives in', async () => {
    const host = await startHost({ default: ({ method, socket }) => void (method === 'WebSocket:message' && socket.send('echo')) });
    await open(host);
    const [socket] = host.server.sockets;
    socket?.emit('message', Buffer.from('x'), false);
    expect(host.app.counters.messagesSent).toBe(1);
  });
});

describe('a publish', () => {
  it('takes effect at the next event, and each event runs on one revision', async () => {
    const gate = deferred();
    const started = deferred();
    const host = await startHost({
      default: async ({ method, socket }) => {
        if (method !== 'WebSocket:message') return;
        started.resolve();
        await gate.promise;
        socket.send('one');
      },
    });
    const socket = await open(host);
    const next = messages(socket);
    socket.send('a');
    await started.promise;
    host.publish({ default: ({ socket: peer }) => peer.send('two') });
    socket.send('b');
    gate.resolve();
    expect([await next(), await next()]).toEqual(['one', 'two']);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('that deletes the function drops events and keeps the socket for the next publish', async () => {
    const host = await startHost({ default: () => undefined });
    const socket = await open(host);
    host.remove();
    socket.send('dropped');
    socket.ping();
    await once(socket, 'pong');
    host.publish({ default: (context) => context.socket.send(`got ${textOf(context)}`) });
    const next = messages(socket);
    socket.send('kept');
    expect(await next()).toBe('got kept');
    expect(host.failures).toEqual([]);
  });

  it('of code that does not load drops events, logs why and keeps the socket', async () => {
    const host = await startHost({ default: () => undefined });
    const socket = await open(host);
    const cause = new Error('broken');
    host.publish(() => {
      throw cause;
    });
    socket.send('dropped');
    socket.ping();
    await once(socket, 'pong');
    expect(host.failures).toMatchObject([{ thrown: cause, invocation: { revision: 2, ended: true } }]);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('an event', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('whose handler %s is logged with its invocation and keeps the socket', async (_name, fail) => {
    const host = await startHost({ default: ({ method }) => (method === 'WebSocket:message' ? fail() : undefined) });
    const socket = await open(host);
    socket.send('a');
    socket.send('b');
    socket.ping();
    await once(socket, 'pong');
    const { id } = host.server.list()[0] ?? { id: '' };
    expect(host.failures).toMatchObject([
      { thrown: { message: 'oops' }, invocation: { function: '__websocket__', revision: 1, connectionId: id, ended: true } },
      { thrown: { message: 'oops' }, invocation: { connectionId: id } },
    ]);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('runs in an invocation of its own that ends when its handler has settled', async () => {
    const gate = deferred();
    const seen = recorder<{ invocation: CurrentCall | undefined; context: SocketContext }>();
    const host = await startHost({
      default: (context) => {
        seen.record({ invocation: host.app.calls.current, context });
        return context.method === 'WebSocket:message' ? gate.promise : undefined;
      },
    });
    const socket = await open(host);
    socket.send('a');
    const [connection, message] = await seen.seen(2);
    for (const { invocation, context } of seen.values) {
      expect(invocation).toMatchObject({
        function: '__websocket__',
        revision: 1,
        requestId: context.requestId,
        connectionId: context.connectionId,
      });
    }
    expect(connection?.invocation?.ended).toBe(true);
    expect(message?.invocation?.ended).toBe(false);
    const ended = deferred();
    message?.invocation?.onEnd(ended.resolve);
    gate.resolve();
    await ended.promise;
  });

  it('without any handler exported is logged once per event', async () => {
    const host = await startHost(() => ({ helper: 1 }));
    await open(host);
    expect(host.failures).toMatchObject([{ thrown: { code: 'FUNCTION_NO_HANDLER' } }]);
  });

  it('is counted', async () => {
    const host = await startHost({ default: ({ method, socket }) => void (method === 'WebSocket:message' && socket.send('four')) });
    const socket = await open(host);
    const next = messages(socket);
    socket.send('three');
    socket.send(Buffer.alloc(10));
    await next();
    await next();
    expect(host.app.counters).toMatchObject({ connectionsTotal: 1, messagesReceived: 2, messagesSent: 2 });
    expect(host.server.list()).toMatchObject([{ received: 2, receivedBytes: 15, sent: 2, sentBytes: 8, queued: 0, buffered: 0 }]);
  });
});
