import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { HearthError } from '../../../runtime/kernel/errors.ts';
import { deferred, handshake, messages, open, rawClient, recorder, startHost } from './host.ts';

const silent = { default: () => undefined };

function codeOf(call: () => void): string | undefined {
  try {
    call();
  } catch (thrown) {
    return thrown instanceof HearthError ? thrown.code : 'another error';
  }
  return undefined;
}

/** How each of the sockets was closed. */
function closes(sockets: readonly WebSocket[]): Promise<[number, string][]> {
  const all = sockets.map(
    (socket) =>
      new Promise<[number, string]>((resolve) => {
        socket.on('close', (code, reason) => resolve([code, reason.toString()]));
      }),
  );
  return Promise.all(all);
}

describe('list()', () => {
  it('has a row for each open socket', async () => {
    const host = await startHost(silent);
    const before = Date.now();
    const socket = await open(host, '/a?b=1', { headers: { authorization: 'Bearer good-ann' } });
    await open(host);
    const [row, other] = host.server.list();
    expect(row).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user: { uid: 'ann' },
      url: '/a?b=1',
      remoteAddress: '127.0.0.1',
      since: expect.any(Number),
      received: 0,
      receivedBytes: 0,
      sent: 0,
      sentBytes: 0,
      buffered: 0,
      queued: 0,
    });
    expect(row?.since).toBeGreaterThanOrEqual(before);
    expect(other?.user).toBeNull();
    socket.close();
    await vi.waitFor(() => expect(host.server.list().map(({ id }) => id)).toEqual([other?.id]));
  });

  it('has null for a user that JSON cannot carry', async () => {
    const user: { self?: unknown } = {};
    user.self = user;
    const host = await startHost({ ...silent, upgrade: () => user });
    await open(host);
    expect(host.server.list()).toMatchObject([{ user: null }]);
    expect(host.server.page({ filter: 'self', limit: 1 })).toEqual({ connections: [], total: 0 });
  });
});

describe('page()', () => {
  it('has the oldest of those that match, and how many do', async () => {
    const host = await startHost(silent);
    await open(host, '/Room/1', { headers: { authorization: 'Bearer good-Ann' } });
    for (let n = 2; n < 5; n += 1) await open(host, `/Room/${n}`);
    const [first, second] = host.server.list();
    expect(host.server.page({ limit: 2 })).toMatchObject({ connections: [{ url: '/Room/1' }, { url: '/Room/2' }], total: 4 });
    expect(host.server.page({ filter: 'rOOM', limit: 1 })).toMatchObject({ connections: [{ url: '/Room/1' }], total: 4 });
    expect(host.server.page({ filter: 'ann', limit: 9 })).toMatchObject({ connections: [{ id: first?.id }], total: 1 });
    expect(host.server.page({ filter: second?.id ?? '', limit: 9 })).toMatchObject({ connections: [{ url: '/Room/2' }], total: 1 });
    expect(host.server.page({ filter: 'null', limit: 9 })).toEqual({ connections: [], total: 0 });
  });
});

describe('sockets', () => {
  it('is the live set of the real sockets, to broadcast to', async () => {
    const host = await startHost(silent);
    const inboxes = [messages(await open(host)), messages(await open(host))];
    for (const socket of host.server.sockets) socket.send('all');
    expect(await Promise.all(inboxes.map((next) => next()))).toEqual(['all', 'all']);
  });
});

describe('send()', () => {
  it('sends a string as text and a Buffer as binary', async () => {
    const host = await startHost(silent);
    const socket = await open(host);
    const seen = recorder<[string, boolean]>();
    socket.on('message', (data, isBinary) => seen.record([Buffer.isBuffer(data) ? data.toString() : '', isBinary]));
    const { id } = host.server.list()[0] ?? { id: '' };
    host.server.send(id, 'text');
    host.server.send(id, Buffer.from('bytes'));
    expect(await seen.seen(2)).toEqual([
      ['text', false],
      ['bytes', true],
    ]);
  });

  it('throws CONNECTION_NOT_FOUND for an unknown id and for a socket that is closing', async () => {
    const host = await startHost(silent);
    await rawClient(host);
    const { id } = host.server.list()[0] ?? { id: '' };
    expect(codeOf(() => host.server.send('nobody', 'x'))).toBe('CONNECTION_NOT_FOUND');
    host.server.disconnect(id, 1000, '');
    expect(codeOf(() => host.server.send(id, 'x'))).toBe('CONNECTION_NOT_FOUND');
    expect(codeOf(() => host.server.disconnect(id, 1000, ''))).toBe('CONNECTION_NOT_FOUND');
  });
});

describe('disconnect()', () => {
  it.each([1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999])('closes with code %i and the reason', async (code) => {
    const host = await startHost(silent);
    const socket = await open(host);
    const closed = once(socket, 'close');
    host.server.disconnect(host.server.list()[0]?.id ?? '', code, 'grüße');
    expect(await closed).toEqual([code, Buffer.from('grüße')]);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])('throws INVALID_BODY for code %d', async (code) => {
    const host = await startHost(silent);
    const socket = await open(host);
    expect(codeOf(() => host.server.disconnect(host.server.list()[0]?.id ?? '', code, ''))).toBe('INVALID_BODY');
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('throws INVALID_BODY for a reason over 123 bytes, counted in UTF-8', async () => {
    const host = await startHost(silent);
    const socket = await open(host);
    const { id } = host.server.list()[0] ?? { id: '' };
    expect(codeOf(() => host.server.disconnect(id, 1000, 'ü'.repeat(62)))).toBe('INVALID_BODY');
    const closed = once(socket, 'close');
    host.server.disconnect(id, 1000, 'x'.repeat(123));
    expect(await closed).toEqual([1000, Buffer.from('x'.repeat(123))]);
  });

  it('throws CONNECTION_NOT_FOUND for an unknown id', async () => {
    const host = await startHost(silent);
    expect(codeOf(() => host.server.disconnect('nobody', 1000, ''))).toBe('CONNECTION_NOT_FOUND');
  });
});

describe('close()', () => {
  it('closes every socket with 1012 and a retry hint that differs', async () => {
    const events = recorder<string>();
    const host = await startHost({ default: ({ method }) => void (method === 'WebSocket:close' && events.record(method)) });
    const sockets = await Promise.all(Array.from({ length: 250 }, () => open(host)));
    const all = closes(sockets);
    await host.server.close(10_000);
    const hints = (await all).map(([code, reason]) => {
      expect(code).toBe(1012);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
      const { retryAfterMs } = JSON.parse(reason);
      expect(retryAfterMs).toBeGreaterThanOrEqual(250);
      return retryAfterMs;
    });
    expect(new Set(hints).size).toBeGreaterThan(50);
    expect(events.values.length).toBe(250);
    expect([host.server.size, host.server.sockets.size]).toEqual([0, 0]);
  });

  it('lets other work run between its slices', async () => {
    const host = await startHost(silent);
    const sockets = await Promise.all(Array.from({ length: 450 }, () => open(host)));
    const all = closes(sockets);
    const closing = host.server.close(10_000);
    const closingNow = [...host.server.sockets].filter((socket) => socket.readyState === socket.CLOSING).length;
    expect(closingNow).toBeLessThan(450);
    await closing;
    await all;
  });

  it('terminates what is left after the deadline', async () => {
    const events = recorder<string>();
    const host = await startHost({ default: ({ method }) => events.record(method) });
    await rawClient(host);
    await host.server.close(30);
    expect(events.values).toEqual(['WebSocket:connection', 'WebSocket:close']);
    expect(host.server.size).toBe(0);
  });

  it('waits for the handlers of the closes', async () => {
    const gate = deferred();
    const order: string[] = [];
    const host = await startHost({
      default: async ({ method }) => {
        if (method !== 'WebSocket:close') return;
        await gate.promise;
        order.push('handled');
      },
    });
    const socket = await open(host);
    const closed = once(socket, 'close');
    const closing = host.server.close(10_000).then(() => order.push('closed'));
    await closed;
    gate.resolve();
    await closing;
    expect(order).toEqual(['handled', 'closed']);
  });

  it('does not wait beyond the deadline for a handler that hangs', async () => {
    const host = await startHost({ default: ({ method }) => (method === 'WebSocket:close' ? new Promise(() => {}) : undefined) });
    await open(host);
    await host.server.close(30);
    expect(host.server.size).toBe(0);
  });

  it('refuses upgrades with 503 from its start on', async () => {
    const host = await startHost(silent);
    await host.server.close(0);
    expect(await handshake(host)).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 'WORKER_UNAVAILABLE' } });
  });

  it('refuses an upgrade that waits for its function with 503', async () => {
    const gate = deferred();
    const asked = deferred();
    const host = await startHost({
      ...silent,
      upgrade: async () => {
        asked.resolve();
        await gate.promise;
      },
    });
    const reply = handshake(host);
    await asked.promise;
    await host.server.close(0);
    expect(await reply).toMatchObject({ status: 503 });
    gate.resolve();
    await new Promise(setImmediate);
    expect(host.app.counters.connectionsTotal).toBe(0);
  });

  it('called again with less time brings its end forward, with more does not put it off', async () => {
    const host = await startHost(silent);
    await rawClient(host);
    const first = host.server.close(3_600_000);
    expect(host.server.size).toBe(1);
    expect(host.server.close(20)).toBe(first);
    void host.server.close(3_600_000);
    await first;
    expect(host.server.size).toBe(0);
  });

  it('does not wait beyond the deadline for an event that hangs for less than its own time', async () => {
    const events = recorder<string>();
    const host = await startHost(
      {
        default: ({ method }) => {
          events.record(method);
          return method === 'WebSocket:message' ? new Promise(() => {}) : undefined;
        },
      },
      { limits: { eventTimeout: 3_600_000 } },
    );
    const socket = await open(host);
    socket.send('x');
    await events.seen(2);
    await host.server.close(30);
    expect([host.server.size, events.values.length, host.app.counters.timeouts]).toEqual([0, 2, 0]);
  });

  it('closes 1,000 sockets with 1012, each told apart, while others are terminated for not answering', async () => {
    const host = await startHost(silent);
    const sockets: WebSocket[] = [];
    for (let batch = 0; batch < 10; batch += 1) sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(host)))));
    await rawClient(host);
    const all = closes(sockets);
    const closing = host.server.close(3_600_000);
    const codes = new Set((await all).map(([code]) => code));
    expect([...codes]).toEqual([1012]);
    await vi.waitFor(() => expect(host.server.size).toBe(1));
    void host.server.close(0);
    await closing;
    expect([host.server.size, host.server.sockets.size]).toEqual([0, 0]);
  });

  it('called twice is one drain', async () => {
    const host = await startHost(silent);
    expect(host.server.close(0)).toBe(host.server.close(5000));
    await host.server.close(0);
  });
});
