import { once } from 'node:events';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import type { UpgradeContext } from '../../../../runtime/worker/dialects/laf/socket-context.ts';
import { client, handshake, open, rawClient, startHost } from '../../sockets/host.ts';

const silent = { default: () => undefined };
const token = jwt.sign({ uid: 'ann' }, 'secret');

type UpgradeFunction = (context: UpgradeContext) => unknown;

describe('handleUpgrade()', () => {
  it.each(['/', '/any/path?x=1', '/hello'])('accepts the path %s', async (path) => {
    const host = await startHost(silent);
    expect((await handshake(host, {}, { path })).status).toBe(101);
  });

  it.each([
    ['a POST', {}, { method: 'POST' }],
    ['another protocol', { upgrade: 'h2c' }, {}],
    ['no key', { 'sec-websocket-key': undefined }, {}],
    ['a key of 15 bytes', { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAA' }, {}],
    ['an invalid subprotocol', { 'sec-websocket-protocol': 'a,,b' }, {}],
    ['a subprotocol twice', { 'sec-websocket-protocol': 'a, a' }, {}],
  ])('answers 400 UPGRADE_INVALID to %s', async (_name, headers, target) => {
    const host = await startHost(silent);
    const reply = await handshake(host, headers, target);
    expect(reply).toMatchObject({ status: 400, body: { code: 'UPGRADE_INVALID', error: expect.stringContaining('handshake') } });
    expect(reply.headers).toMatchObject({ connection: 'close', 'content-type': 'application/json; charset=utf-8' });
    expect(reply.headers['content-length']).toBeDefined();
  });

  it('answers 426 with the version it speaks to another one', async () => {
    const host = await startHost(silent);
    const reply = await handshake(host, { 'sec-websocket-version': '8' });
    expect(reply).toMatchObject({ status: 426, headers: { 'sec-websocket-version': '13' }, body: { code: 'UPGRADE_INVALID' } });
  });

  it('answers 404 UPGRADE_NO_FUNCTION without __websocket__, and accepts once it is published', async () => {
    const host = await startHost();
    expect(await handshake(host)).toMatchObject({ status: 404, body: { code: 'UPGRADE_NO_FUNCTION' } });
    host.publish(silent);
    expect((await handshake(host)).status).toBe(101);
  });

  it('answers 403 UPGRADE_ORIGIN to an origin that is not listed', async () => {
    const host = await startHost(silent, { origins: ['https://app.example'] });
    expect(await handshake(host, { origin: 'https://evil.example' })).toMatchObject({ status: 403, body: { code: 'UPGRADE_ORIGIN' } });
    expect((await handshake(host, { origin: 'https://app.example' })).status).toBe(101);
    expect((await handshake(host)).status).toBe(101);
  });

  it('accepts any origin without a list', async () => {
    const host = await startHost(silent);
    expect((await handshake(host, { origin: 'https://anywhere.example' })).status).toBe(101);
  });

  it('checks the handshake before the function and the function before the origin', async () => {
    const host = await startHost(undefined, { origins: [] });
    expect((await handshake(host, { upgrade: 'h2c', origin: 'x' })).status).toBe(400);
    expect((await handshake(host, { origin: 'x' })).status).toBe(404);
  });

  it('closes the connection of a refused client', async () => {
    const host = await startHost();
    const socket = await rawClient(host);
    socket.resume();
    await once(socket, 'close');
    expect(host.server.size).toBe(0);
  });

  it('destroys the connection of a refused client that does not close its side', async () => {
    const host = await startHost();
    const served = once(host.http, 'connection');
    const socket = await rawClient(host, false);
    socket.allowHalfOpen = true;
    socket.pause();
    const [peer] = await served;
    await once(peer, 'close');
    expect(peer.destroyed).toBe(true);
  });

  it.each([
    ['the first that is offered', ['chat', 'good-eve'], 'chat'],
    ['the first that is no token', [token, 'chat.v2', 'chat.v1'], 'chat.v2'],
    ['a name like a token', ['v1.chat.json'], 'v1.chat.json'],
    ['a token, when nothing else is offered, since a browser needs one', [token], token],
    ['none when none is offered', [], ''],
  ])('selects as the subprotocol %s', async (_, protocols, selected) => {
    const host = await startHost(silent);
    expect((await open(host, '/', { protocols })).protocol).toBe(selected);
  });

  it.each<[string, UpgradeFunction, string]>([
    ['one of those offered', (ctx) => void (ctx.protocol = ctx.protocols.find((name) => name === 'chat.v2')), 'chat.v2'],
    ['one that it has waited for', async (ctx) => void (ctx.protocol = await Promise.resolve('chat.v2')), 'chat.v2'],
    ['nothing, beside a user', () => ({ name: 'Ann' }), 'chat.v1'],
  ])('selects the subprotocol that upgrade() chooses: %s', async (_, upgrade, selected) => {
    const host = await startHost({ ...silent, upgrade });
    expect((await open(host, '/', { protocols: ['chat.v1', 'chat.v2'] })).protocol).toBe(selected);
  });

  it('selects no subprotocol when upgrade() chooses none', async () => {
    const host = await startHost({ ...silent, upgrade: (ctx: UpgradeContext) => void (ctx.protocol = undefined) });
    const { status, headers } = await handshake(host, { 'sec-websocket-protocol': 'chat.v1' });
    expect([status, headers['sec-websocket-protocol']]).toEqual([101, undefined]);
  });

  it('selects no subprotocol for a client that offers none, whatever upgrade() chooses', async () => {
    const host = await startHost({ ...silent, upgrade: (ctx: UpgradeContext) => void (ctx.protocol = 'chat.v2') });
    expect((await open(host)).protocol).toBe('');
  });

  it.each(['chat.v3', 'CHAT.V1', 7])(
    'answers 500 UPGRADE_PROTOCOL when upgrade() chooses %j, which is not offered, and logs it',
    async (protocol) => {
      const host = await startHost({ ...silent, upgrade: (ctx: UpgradeContext) => void Object.assign(ctx, { protocol }) });
      const { status, body } = await handshake(host, { 'sec-websocket-protocol': 'chat.v1' });
      expect([status, body]).toEqual([500, expect.objectContaining({ code: 'UPGRADE_PROTOCOL' })]);
      expect(host.failures).toHaveLength(1);
    },
  );

  it('does not offer compression', async () => {
    const host = await startHost(silent);
    const socket = await open(host);
    expect(socket.extensions).toBe('');
  });
});

describe('user', () => {
  const users: unknown[] = [];
  const remember = {
    default: ({ user, auth, method }: { user: unknown; auth: unknown; method: string }) => {
      if (method === 'WebSocket:connection') users.push([user, auth]);
    },
  };

  it.each([
    ['the bearer token', { headers: { authorization: 'Bearer good-ann' } }, '/', { uid: 'ann' }],
    ['the token parameter', {}, '/?token=good-bob', { uid: 'bob' }],
    ['a subprotocol', { protocols: ['chat', 'good-eve'] }, '/', { uid: 'eve' }],
    ['the bearer token before the parameter', { headers: { authorization: 'bearer good-ann' } }, '/?token=good-bob', { uid: 'ann' }],
    ['the parameter when the bearer token is bad', { headers: { authorization: 'Bearer bad' } }, '/?token=good-bob', { uid: 'bob' }],
    ['nobody when no token verifies', { headers: { authorization: 'Bearer bad' } }, '/?token=bad', null],
    ['nobody without a token', {}, '/', null],
  ])('is %s', async (_name, options, path, expected) => {
    users.length = 0;
    const host = await startHost(remember);
    await open(host, path, options);
    expect(users).toEqual([[expected, expected]]);
  });
});

describe('a client that vanishes', () => {
  it('right after its request harms nobody', async () => {
    const host = await startHost(silent);
    const gone = await rawClient(host, false);
    gone.resetAndDestroy();
    const stays = client(host);
    await once(stays, 'open');
    expect(stays.readyState).toBe(stays.OPEN);
  });
});
