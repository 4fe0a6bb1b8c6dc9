import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { FakeCall } from '../calls.ts';
import { Broadcaster } from '../../../runtime/worker/sockets/broadcast.ts';
import { type Host, messages, open, rawClient, recorder, startHost } from './host.ts';

/** A host with a broadcaster to all its sockets. */
async function start(options: Parameters<typeof startHost>[1] = {}): Promise<{ host: Host; broadcaster: Broadcaster }> {
  const host = await startHost({ default: () => undefined }, options);
  return { host, broadcaster: new Broadcaster(host.server.sockets) };
}

/** So many open clients. */
function openMany(host: Host, count: number): Promise<WebSocket[]> {
  return Promise.all(Array.from({ length: count }, () => open(host)));
}

/** Everything that comes, as text, with whether it came as binary. */
function inbox(socket: WebSocket): ReturnType<typeof recorder<[string, boolean]>> {
  const seen = recorder<[string, boolean]>();
  socket.on('message', (data, isBinary) => seen.record([Buffer.isBuffer(data) ? data.toString() : '', isBinary]));
  return seen;
}

/** What the host's socket writes to. */
function streamOf(socket: WebSocket | undefined): Duplex {
  const stream: unknown = Reflect.get(Object(socket), '_socket');
  if (!(stream instanceof Duplex)) throw new Error('ws has changed');
  return stream;
}

describe('broadcast()', () => {
  it('reaches all open sockets, or those it is given, and counts as send() does', async () => {
    const { host, broadcaster } = await start();
    const clients = await openMany(host, 3);
    const seen = clients.map(inbox);
    const [, second, third] = host.server.sockets;
    expect(await broadcaster.send('to all ü')).toEqual({ sent: 3, skipped: 0 });
    expect(await broadcaster.send('to two', new Set([second, third]))).toEqual({ sent: 2, skipped: 0 });
    expect(await broadcaster.send('last')).toEqual({ sent: 3, skipped: 0 });
    const all = await Promise.all([seen[0]?.seen(2), seen[1]?.seen(3), seen[2]?.seen(3)]);
    expect(all.map((values) => values?.map(([text]) => text))).toEqual([
      ['to all ü', 'last'],
      ['to all ü', 'to two', 'last'],
      ['to all ü', 'to two', 'last'],
    ]);
    expect(host.app.counters.messagesSent).toBe(8);
    expect(host.server.list()).toMatchObject([
      { sent: 2, sentBytes: 13 },
      { sent: 3, sentBytes: 19 },
      { sent: 3, sentBytes: 19 },
    ]);
  });

  it('sends strings as text, bytes as binary, and everything else as JSON', async () => {
    const { host, broadcaster } = await start();
    const seen = inbox(await open(host));
    const bytes = Buffer.from('bytes');
    const sent = ['text', bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer, { a: [1] }, ['x'], 5, null, ''].map((data) =>
      broadcaster.send(data),
    );
    // The message is the one of the call.
    bytes.fill(0);
    await Promise.all(sent);
    expect(await seen.seen(9)).toEqual([
      ['text', false],
      ['bytes', true],
      ['bytes', true],
      ['bytes', true],
      ['{"a":[1]}', false],
      ['["x"]', false],
      ['5', false],
      ['null', false],
      ['', false],
    ]);
  });

  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])('frames %i bytes', async (length) => {
    const { host, broadcaster } = await start();
    const seen = inbox(await open(host));
    const text = 'x'.repeat(length);
    await broadcaster.send(text);
    expect(await seen.seen(1)).toEqual([[text, false]]);
  });

  it('frames once: every socket is written the same bytes', async () => {
    const { host, broadcaster } = await start();
    await openMany(host, 2);
    const writes = [...host.server.sockets].map((socket) => vi.spyOn(streamOf(socket), 'write'));
    await broadcaster.send('shared');
    expect(writes.map((write) => write.mock.calls.length)).toEqual([1, 1]);
    expect(writes[0]?.mock.calls[0]?.[0]).toBe(writes[1]?.mock.calls[0]?.[0]);
  });

  it('to nobody sends nothing', async () => {
    const { host, broadcaster } = await start();
    expect(await broadcaster.send('x')).toEqual({ sent: 0, skipped: 0 });
    await open(host);
    expect(await broadcaster.send('x', [])).toEqual({ sent: 0, skipped: 0 });
    expect(host.app.counters.messagesSent).toBe(0);
  });

  it('skips sockets that are not open, also those that close while it is under way', async () => {
    const { host, broadcaster } = await start();
    const clients = await openMany(host, 4);
    const [first, second, third, fourth] = host.server.sockets;
    first?.terminate();
    second?.close();
    // So many do not fit into one turn.
    const targets = [first, second, ...Array.from({ length: 20_000 }, () => third), fourth];
    const ended = broadcaster.send('x', targets);
    fourth?.terminate();
    expect(await ended).toEqual({ sent: 20_000, skipped: 3 });
    expect(clients.length).toBe(4);
  });

  it('does not reach sockets that open while it is under way', async () => {
    const { host, broadcaster } = await start();
    await open(host);
    const [peer] = host.server.sockets;
    const all = new Set(host.server.sockets);
    const growing = new Broadcaster(all);
    // Keeps the next from going out at once.
    const before = growing.send(
      'x',
      Array.from({ length: 20_000 }, () => peer),
    );
    const ended = growing.send('x');
    await open(host);
    for (const socket of host.server.sockets) all.add(socket);
    expect(await ended).toEqual({ sent: 1, skipped: 0 });
    await before;
    expect(await broadcaster.send('y')).toEqual({ sent: 2, skipped: 0 });
  });
});

describe('the order of messages', () => {
  it('is kept with send() before and after', async () => {
    const { host, broadcaster } = await start();
    const seen = inbox(await open(host));
    const [peer] = host.server.sockets;
    peer?.send('1');
    await broadcaster.send('2');
    peer?.send('3');
    // ws reads a Blob later, and what is sent meanwhile has to wait.
    Reflect.apply(Object(peer).send, peer, [new Blob(['4'])]);
    await broadcaster.send('5');
    await broadcaster.send(Buffer.from('6'));
    peer?.send('7');
    expect((await seen.seen(7)).map(([text]) => text)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(seen.values.map(([, isBinary]) => isBinary)).toEqual([false, false, false, true, false, true, false]);
    expect(host.server.list()).toMatchObject([{ sent: 7, sentBytes: 7 }]);
  });

  it('amid a message in fragments is what send() makes of it', async () => {
    const { host, broadcaster } = await start();
    const seen = inbox(await open(host));
    const [peer] = host.server.sockets;
    peer?.send('be', { fin: false });
    await broadcaster.send('gun');
    await broadcaster.send('next');
    expect(await seen.seen(2)).toEqual([
      ['begun', false],
      ['next', false],
    ]);
  });

  it('of broadcasts is the same for all sockets, however long each takes', async () => {
    const { host, broadcaster } = await start();
    const clients = await openMany(host, 2);
    const seen = clients.map(inbox);
    const [first, second] = host.server.sockets;
    const many = Array.from({ length: 3000 }, () => first);
    await Promise.all([broadcaster.send('a', [...many, second]), broadcaster.send('b', [second]), broadcaster.send('c')]);
    expect((await seen[1]?.seen(3))?.map(([text]) => text)).toEqual(['a', 'b', 'c']);
    expect((await seen[0]?.seen(3001))?.at(-1)?.[0]).toBe('c');
  });
});

describe('a broadcast to many sockets', () => {
  it('lets others have their turn, and stays in its invocation', async () => {
    const { host, broadcaster } = await start();
    await open(host);
    const [peer] = host.server.sockets;
    let turns = 0;
    let going = true;
    const turn = (): void => {
      turns += 1;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    const invocation = new FakeCall('f');
    await host.app.calls.within(
      invocation,
      async () => {
        await broadcaster.send(
          'x',
          Array.from({ length: 50_000 }, () => peer),
        );
        expect(host.app.calls.current).toBe(invocation);
      },
      undefined,
    );
    going = false;
    expect(turns).toBeGreaterThan(2);
  });

  it('ends when the host drains, and what is left is skipped', async () => {
    const { host, broadcaster } = await start();
    await open(host);
    const [peer] = host.server.sockets;
    const ended = broadcaster.send(
      'x',
      Array.from({ length: 200_000 }, () => peer),
    );
    await host.server.close(1000);
    const { sent, skipped } = await ended;
    expect(sent + skipped).toBe(200_000);
    expect(skipped).toBeGreaterThan(0);
  });
});

describe('a client that does not read', () => {
  it('is terminated at the limit of its socket, and the others get everything', async () => {
    const { host, broadcaster } = await start({ limits: { bufferedWarning: 100_000, bufferedMaximum: 1_000_000 } });
    const next = messages(await open(host));
    const stalled = await rawClient(host);
    stalled.pause();
    const peer = [...host.server.sockets].at(-1);
    const data = 'x'.repeat(50_000);
    const isOpen = (): boolean => peer?.readyState === peer?.OPEN;
    for (let sent = 0; sent < 10_000 && isOpen(); sent += 1) {
      await broadcaster.send(data);
      await next();
    }
    expect(isOpen()).toBe(false);
    expect(host.logs).toMatchObject([
      { message: expect.stringContaining('too slowly') },
      { message: expect.stringContaining('Terminated') },
    ]);
    expect(await broadcaster.send('on', [peer])).toEqual({ sent: 0, skipped: 1 });
    expect(await broadcaster.send('on', new Set(host.server.sockets))).toMatchObject({ sent: 1 });
    expect(await next()).toBe('on');
  });

  it('is terminated when too much waits over all sockets', async () => {
    const { host, broadcaster } = await start({ limits: { bufferedTotal: 2_000_000 } });
    const stalled = await Promise.all([rawClient(host), rawClient(host)]);
    for (const socket of stalled) socket.pause();
    const data = Buffer.alloc(200_000);
    for (let sent = 0; sent < 1000 && host.server.sockets.size === 2; sent += 1) {
      await broadcaster.send(data);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(host.server.sockets.size).toBeLessThan(2);
    expect(host.server.buffered).toBeLessThanOrEqual(2_000_000);
  });
});

describe('what cannot be sent', () => {
  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a Blob', new Blob(['x'])],
    ['a bigint', 1n],
  ])('rejects %s with a TypeError and sends nothing', async (_name, data) => {
    const { host, broadcaster } = await start();
    await open(host);
    await expect(broadcaster.send(data)).rejects.toThrow(TypeError);
    expect(host.app.counters.messagesSent).toBe(0);
  });

  it('rejects targets that are no sockets of the host with a TypeError, and sends nothing', async () => {
    const { host, broadcaster } = await start();
    const client = await open(host);
    const [peer] = host.server.sockets;
    const strange = [
      [peer, new Proxy(Object(peer), {})],
      [peer, client],
      [peer, { send: () => 1, readyState: 1 }],
      [peer, undefined],
      new Map([['user', peer]]),
      'text',
      peer,
      null,
      5,
    ];
    for (const sockets of strange) await expect(broadcaster.send('x', sockets)).rejects.toThrow(/^broadcast\(\): sockets/);
    expect(host.app.counters.messagesSent).toBe(0);
    expect(await broadcaster.send('x')).toEqual({ sent: 1, skipped: 0 });
  });

  it('what a function did to its socket does not stop the others', async () => {
    const { host, broadcaster } = await start();
    const clients = await openMany(host, 2);
    const seen = clients.map(inbox);
    const [first] = host.server.sockets;
    if (!first) throw new Error('no socket');
    const stop = (): never => {
      throw new Error('mine');
    };
    Object.assign(first, { send: stop });
    first.on('message', stop);
    expect(await broadcaster.send('x')).toEqual({ sent: 2, skipped: 0 });
    await Promise.all(seen.map((one) => one.seen(1)));
    const closed = clients.map((one) => once(one, 'close'));
    for (const one of clients) one.close();
    await Promise.all(closed);
  });
});
