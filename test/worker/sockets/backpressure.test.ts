import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { SocketContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { deferred, messages, open, rawClient, recorder, startHost, textOf } from './host.ts';

/** A function whose message handlers wait for the gate, and what it saw. */
function gated() {
  const gate = deferred();
  const seen = recorder<string>();
  return {
    gate,
    seen,
    default: async (context: SocketContext): Promise<void> => {
      if (context.method === 'WebSocket:connection') return;
      seen.record(textOf(context));
      await gate.promise;
    },
  };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('messages that wait', () => {
  it('pause the socket at the limit, and none is lost when it resumes', async () => {
    const { gate, seen, ...code } = gated();
    const host = await startHost(code, { limits: { queuedMessages: 8 } });
    const socket = await open(host);
    const [peer] = host.server.sockets;
    const paused = vi.waitFor(() => expect(peer?.isPaused).toBe(true));
    const sent = numbers(2000);
    for (const text of sent) socket.send(text);
    await paused;
    expect(seen.values).toEqual(['0']);
    expect(host.server.list()[0]?.queued).toBeGreaterThanOrEqual(8);
    gate.resolve();
    expect(await seen.seen(2000)).toEqual(sent);
    expect(peer?.isPaused).toBe(false);
  });

  it('below the limit do not pause the socket', async () => {
    const { gate, seen, ...code } = gated();
    const host = await startHost(code, { limits: { queuedMessages: 8 } });
    const socket = await open(host);
    const [peer] = host.server.sockets;
    // One is with the handler, seven wait.
    for (const text of numbers(8)) socket.send(text);
    socket.ping();
    await once(socket, 'pong');
    expect([peer?.isPaused, host.server.list()[0]?.queued]).toEqual([false, 7]);
    gate.resolve();
    await seen.seen(8);
  });

  it('pause the socket when they are few but large', async () => {
    const { gate, seen, ...code } = gated();
    const host = await startHost(code, { limits: { bufferedWarning: 50_000 } });
    const socket = await open(host);
    const [peer] = host.server.sockets;
    for (let index = 0; index < 4; index += 1) socket.send(Buffer.alloc(20_000));
    await vi.waitFor(() => expect(peer?.isPaused).toBe(true));
    gate.resolve();
    await seen.seen(4);
    expect(peer?.isPaused).toBe(false);
  });

  it('of a client that has gone are all handled, then its close', async () => {
    const { gate, seen, ...code } = gated();
    const host = await startHost(code, { limits: { queuedMessages: 4, pingInterval: 20 } });
    const socket = await open(host);
    for (const text of numbers(40)) socket.send(text);
    await vi.waitFor(() => expect(host.server.list()).toMatchObject([{ queued: 39 }]));
    socket.terminate();
    // The handler never answers meanwhile: only the heartbeat can find out.
    await vi.waitFor(() => expect(host.server.size).toBe(0));
    expect(seen.values).toEqual(['0']);
    gate.resolve();
    expect(await seen.seen(41)).toEqual([...numbers(40), 'WebSocket:close']);
  });

  it('do not get a live client terminated by the heartbeat', async () => {
    const { gate, seen, ...code } = gated();
    const host = await startHost(code, { limits: { queuedMessages: 2, pingInterval: 15 } });
    const socket = await open(host);
    const pings = recorder<unknown>();
    socket.on('ping', pings.record);
    for (const text of numbers(100)) socket.send(text);
    await pings.seen(6);
    expect(host.server.size).toBe(1);
    gate.resolve();
    await seen.seen(100);
  });

  it('let a close from this side through', async () => {
    const { gate, ...code } = gated();
    const host = await startHost(code, { limits: { queuedMessages: 2 } });
    const socket = await open(host);
    const [peer] = host.server.sockets;
    for (const text of numbers(10)) socket.send(text);
    await vi.waitFor(() => expect(peer?.isPaused).toBe(true));
    const closed = once(socket, 'close');
    peer?.close(4000, 'enough');
    expect(await closed).toEqual([4000, Buffer.from('enough')]);
    await vi.waitFor(() => expect(host.server.size).toBe(0));
    gate.resolve();
  });
});

describe('a client that does not read', () => {
  it('is warned of once, then terminated, and hurts nobody else', async () => {
    const events = recorder<string>();
    const host = await startHost(
      {
        default: ({ method, url, socket }) => {
          if (url !== '/') events.record(method);
          if (method === 'WebSocket:message') socket.send('echo');
        },
      },
      { limits: { bufferedWarning: 100_000, bufferedMaximum: 1_000_000 } },
    );
    const other = await open(host);
    const stalled = await rawClient(host, true, '/stalled');
    stalled.pause();
    const { id } = host.server.list().at(-1) ?? { id: '' };
    const peer = [...host.server.sockets].at(-1);
    const isOpen = (): boolean => peer?.readyState === peer?.OPEN;
    for (let sent = 0; sent < 10_000 && isOpen(); sent += 1) host.server.send(id, Buffer.alloc(50_000));
    expect(await events.seen(2)).toEqual(['WebSocket:connection', 'WebSocket:close']);
    expect(host.logs).toMatchObject([
      { level: 'warn', connectionId: id, message: expect.stringContaining('too slowly') },
      { level: 'warn', connectionId: id, message: expect.stringContaining('Terminated') },
    ]);
    expect([host.server.size, host.server.buffered]).toEqual([1, 0]);
    const next = messages(other);
    other.send('x');
    expect(await next()).toBe('echo');
  });
});

describe('ctx.socket.send()', () => {
  it('on a closed socket does not throw, with or without a callback', async () => {
    const answers = recorder<unknown>();
    const host = await startHost({
      default: ({ method, socket }) => {
        if (method !== 'WebSocket:close') return;
        socket.send('late');
        socket.send('late', answers.record);
        socket.send('late', { binary: true }, answers.record);
      },
    });
    const socket = await open(host);
    socket.close();
    const [first, second] = await answers.seen(2);
    expect([first, second]).toEqual([expect.any(Error), expect.any(Error)]);
    expect(host.failures).toEqual([]);
    expect(host.app.counters.messagesSent).toBe(0);
  });

  it('of what is no data throws in the function, and the socket stays open', async () => {
    const host = await startHost({
      default: ({ method, socket }) => {
        if (method !== 'WebSocket:message') return;
        // What a function without types may do.
        const send: unknown = Reflect.get(socket, 'send');
        if (typeof send === 'function') Reflect.apply(send, socket, [{ an: 'object' }]);
      },
    });
    const socket = await open(host);
    socket.send('x');
    socket.ping();
    await once(socket, 'pong');
    expect(host.failures).toMatchObject([{ thrown: expect.any(TypeError) }]);
    expect([socket.readyState, host.app.counters.messagesSent]).toEqual([socket.OPEN, 0]);
  });

  it('takes what ws takes and counts its bytes', async () => {
    const host = await startHost({ default: () => undefined });
    const socket = await open(host);
    const seen = recorder<{ data: Buffer; isBinary: boolean }>();
    socket.on('message', (data, isBinary) => seen.record({ data: Buffer.isBuffer(data) ? data : Buffer.alloc(0), isBinary }));
    const [peer] = host.server.sockets;
    const flushed = deferred<unknown>();
    peer?.send('ü');
    peer?.send(Buffer.from('b'));
    peer?.send(new Uint16Array(2));
    peer?.send(new ArrayBuffer(5), { binary: true });
    peer?.send(1234);
    peer?.send(Buffer.from('text'), { binary: false }, flushed.resolve);
    expect((await seen.seen(6)).map(({ data, isBinary }) => [data.length, isBinary])).toEqual([
      [2, false],
      [1, true],
      [4, true],
      [5, true],
      [4, false],
      [4, false],
    ]);
    expect(host.server.list()).toMatchObject([{ sent: 6, sentBytes: 20 }]);
    expect(await flushed.promise).toBeFalsy();
  });
});
