import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../runtime/worker/sockets/heartbeat.ts';
import type { SocketContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { client, closed, open, rawClient, recorder, startHost } from './host.ts';

const limits = { pingInterval: 15 };

describe('the heartbeat', () => {
  it('keeps a client that answers its pings', async () => {
    const host = await startHost({ default: () => undefined }, { limits });
    const socket = await open(host);
    const pings = recorder<unknown>();
    socket.on('ping', pings.record);
    await pings.seen(8);
    expect([socket.readyState, host.server.size]).toEqual([socket.OPEN, 1]);
  });

  it('terminates a client that answers neither of two pings, and the function gets the close', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record }, { limits });
    const silent = await rawClient(host);
    const received: Buffer[] = [];
    silent.on('data', (chunk) => received.push(chunk));
    await closed(silent);
    expect(Buffer.concat(received)).toEqual(Buffer.from([0x89, 0, 0x89, 0]));
    const [, last] = await events.seen(2);
    expect(last).toMatchObject({ method: 'WebSocket:close', params: { code: 1006 } });
    expect(host.server.size).toBe(0);
  });

  it('takes any traffic for life', async () => {
    const host = await startHost({ default: () => undefined }, { limits });
    const socket = client(host, '/', { autoPong: false });
    const pings = recorder<unknown>();
    socket.on('ping', (data) => {
      pings.record(data);
      socket.send('not a pong');
    });
    await pings.seen(8);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('does not judge a socket that the function has paused', async () => {
    const host = await startHost({ default: ({ socket }) => socket.pause() }, { limits });
    const socket = await open(host);
    const pings = recorder<unknown>();
    socket.on('ping', pings.record);
    await pings.seen(8);
    expect(host.server.size).toBe(1);
  });

  it('finds a closed socket whose listeners the function has removed', async () => {
    const host = await startHost({ default: ({ socket }) => void socket.removeAllListeners() }, { limits });
    const socket = await rawClient(host);
    const [peer] = host.server.sockets;
    peer?.on('error', () => {});
    socket.end();
    const other = await open(host);
    const pings = recorder<unknown>();
    other.on('ping', pings.record);
    await pings.seen(4);
    expect(host.server.sockets.has(peer ?? other)).toBe(false);
    expect(host.server.size).toBe(1);
  });

  it('runs its timer only while there are connections', () => {
    const heartbeat = new Heartbeat(30_000);
    const connections = [{ beat: () => {} }, { beat: () => {} }];
    expect(heartbeat.running).toBe(false);
    const slices = connections.map((connection) => heartbeat.add(connection));
    expect(heartbeat.running).toBe(true);
    connections.forEach((connection, index) => heartbeat.remove(connection, slices[index] ?? -1));
    expect(heartbeat.running).toBe(false);
  });

  it('spreads the connections over the interval', () => {
    const heartbeat = new Heartbeat(30_000);
    const perSlice = new Map<number, number>();
    for (let index = 0; index < 1200; index += 1) {
      const slice = heartbeat.add({ beat: () => {} });
      perSlice.set(slice, (perSlice.get(slice) ?? 0) + 1);
    }
    heartbeat.stop();
    expect(Math.max(...perSlice.values())).toBe(10);
  });
});
