import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { CurrentCall } from '../../../runtime/kernel/calls/current-call.ts';
import type { SocketContext, UpgradeContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { closed, deferred, handshake, open, rawClient, recorder, startHost } from './host.ts';

async function refusal(upgrade: (context: UpgradeContext) => unknown, limits = {}) {
  const host = await startHost({ default: () => undefined, upgrade }, { limits });
  return { host, reply: await handshake(host) };
}

describe('upgrade()', () => {
  it.each([
    ['false', () => false, 401],
    ['a promise of false', async () => false, 401],
    ['{ status: 429 }', () => ({ status: 429 }), 429],
    ['a promise of { status: 403 }', async () => ({ status: 403 }), 403],
    ['{ status: 599 }, which has no name,', () => ({ status: 599 }), 599],
  ])('answering %s refuses with its status', async (_name, upgrade, status) => {
    const { host, reply } = await refusal(upgrade);
    expect(reply).toMatchObject({ status, body: { code: 'UPGRADE_REFUSED', error: 'The connection was refused.' } });
    expect(host.failures).toEqual([]);
    expect(host.app.counters.connectionsTotal).toBe(0);
  });

  it.each([
    ['an error', new Error('secret detail'), 401],
    ['an error with a status', Object.assign(new Error('secret detail'), { status: 418 }), 418],
    ['an error with a status that is none of an error', Object.assign(new Error('secret detail'), { status: 200 }), 401],
    ['undefined', undefined, 401],
  ])('throwing or rejecting with %s refuses, is logged and tells the client nothing', async (_name, thrown, status) => {
    const throwing = await refusal(() => {
      // oxlint-disable-next-line typescript/only-throw-error -- functions throw anything
      throw thrown;
    });
    const rejecting = await refusal(async () => {
      await Promise.resolve();
      // oxlint-disable-next-line typescript/only-throw-error -- functions throw anything
      throw thrown;
    });
    for (const { host, reply } of [throwing, rejecting]) {
      expect(reply).toMatchObject({ status, body: { code: 'UPGRADE_REFUSED', error: 'The connection was refused.' } });
      expect(host.failures).toMatchObject([{ thrown, invocation: { function: '__websocket__', revision: 1, ended: true } }]);
    }
  });

  it.each([
    ['undefined', () => undefined, { uid: 'ann' }],
    ['true', () => true, { uid: 'ann' }],
    ['null', () => null, { uid: 'ann' }],
    ['an object', () => ({ name: 'Ann' }), { name: 'Ann' }],
    ['an object with a status of its own', () => ({ status: 'active' }), { status: 'active' }],
    ['a promise of an object', async () => ({ name: 'Ann' }), { name: 'Ann' }],
    // oxlint-disable-next-line unicorn/no-thenable -- queries of some database clients are just that
    ['a foreign promise of an object', () => ({ then: (done: (value: unknown) => void) => done({ name: 'Ann' }) }), { name: 'Ann' }],
  ])('answering %s accepts', async (_name, upgrade, user) => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record, upgrade });
    await open(host, '/', { headers: { authorization: 'Bearer good-ann' } });
    expect(await events.seen(1)).toMatchObject([{ user, auth: user }]);
    expect(host.server.list()).toMatchObject([{ user }]);
  });

  it('gets who asks, and shares the connection id with the events', async () => {
    const upgrades = recorder<UpgradeContext>();
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record, upgrade: upgrades.record });
    await open(host, '/room?room=7&room=8&token=good-ann', { headers: { 'x-device': 'phone' } });
    const [context] = await upgrades.seen(1);
    const [event] = await events.seen(1);
    expect(Object.keys(context ?? {})).toEqual([
      '__function_name',
      'requestId',
      'method',
      'headers',
      'url',
      'query',
      'user',
      'auth',
      'connectionId',
      'request',
      'protocols',
      'protocol',
    ]);
    expect(context).toMatchObject({
      __function_name: '__websocket__',
      method: 'WebSocket:upgrade',
      headers: { 'x-device': 'phone' },
      url: '/room?room=7&room=8&token=good-ann',
      query: { room: ['7', '8'], token: 'good-ann' },
      user: { uid: 'ann' },
      auth: { uid: 'ann' },
      connectionId: event?.connectionId,
    });
    expect(context?.request.url).toBe('/room?room=7&room=8&token=good-ann');
    expect(context?.requestId).not.toBe(event?.requestId);
  });

  it('runs in an invocation that ends when it has answered', async () => {
    const gate = deferred();
    const host = await startHost({
      default: () => undefined,
      upgrade: async () => {
        seen.record(host.app.calls.current);
        await gate.promise;
        seen.record(host.app.calls.current);
      },
    });
    const seen = recorder<CurrentCall | undefined>();
    const opened = open(host);
    const [invocation] = await seen.seen(1);
    expect(invocation).toMatchObject({ function: '__websocket__', revision: 1, ended: false });
    gate.resolve();
    await opened;
    expect(seen.values).toEqual([invocation, invocation]);
    expect(invocation?.ended).toBe(true);
  });

  it('that is synchronous has the socket made before handleUpgrade() returns', async () => {
    const host = await startHost({ default: () => undefined, upgrade: () => ({ name: 'Ann' }) });
    const sizes = recorder<number>();
    host.http.on('upgrade', () => sizes.record(host.server.size));
    await open(host);
    expect(sizes.values).toEqual([1]);
  });

  it('that does not answer in time is answered 504 UPGRADE_TIMEOUT, and what it answers later is ignored', async () => {
    const gate = deferred<object>();
    const { host, reply } = await refusal(() => gate.promise, { upgradeTimeout: 20 });
    expect(reply).toMatchObject({ status: 504, body: { code: 'UPGRADE_TIMEOUT' } });
    gate.resolve({ name: 'late' });
    await new Promise(setImmediate);
    expect(host.app.counters.connectionsTotal).toBe(0);
    expect(host.logs).toMatchObject([{ level: 'error', message: expect.stringContaining('20 ms') }]);
  });

  it('is given up silently when the client resets while it is pending', async () => {
    const gate = deferred();
    const asked = recorder<UpgradeContext>();
    const host = await startHost({
      default: () => undefined,
      upgrade: (context) => {
        asked.record(context);
        return gate.promise;
      },
    });
    const socket = await rawClient(host, false);
    const [context] = await asked.seen(1);
    socket.resetAndDestroy();
    if (context) await closed(context.request.socket);
    gate.resolve();
    await new Promise(setImmediate);
    expect(host.app.counters.connectionsTotal).toBe(0);
    expect([host.failures, host.logs]).toEqual([[], []]);
  });

  it('is given up silently when the client ends while it is pending', async () => {
    const gate = deferred();
    const asked = recorder<UpgradeContext>();
    const host = await startHost({
      default: () => undefined,
      upgrade: (context) => {
        asked.record(context);
        return gate.promise;
      },
    });
    const socket = await rawClient(host, false);
    const [context] = await asked.seen(1);
    const ended = context && once(context.request.socket, 'end');
    socket.end();
    await ended;
    gate.resolve();
    if (context) await closed(context.request.socket);
    expect(host.app.counters.connectionsTotal).toBe(0);
  });

  it('is not called for a handshake that the host refuses', async () => {
    const upgrades = recorder<UpgradeContext>();
    const host = await startHost({ default: () => undefined, upgrade: upgrades.record }, { origins: [] });
    await handshake(host, { origin: 'https://evil.example' });
    await handshake(host, { 'sec-websocket-protocol': 'a b' });
    expect(upgrades.values).toEqual([]);
  });

  it('keeps a message that came with the handshake', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record, upgrade: async () => new Promise(setImmediate) });
    const socket = await rawClient(host, false);
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    const [, message] = await events.seen(2);
    expect(message?.params).toMatchObject({ data: Buffer.from('hi') });
  });

  it('of code that does not load answers 500 and is logged', async () => {
    const cause = new Error('no such module');
    const host = await startHost(() => {
      throw cause;
    });
    expect(await handshake(host)).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(host.failures).toMatchObject([{ thrown: cause, invocation: { ended: true } }]);
  });

  it('that is no function is ignored', async () => {
    const host = await startHost(() => ({ default: () => undefined, upgrade: 'yes' }));
    expect((await handshake(host)).status).toBe(101);
  });
});
