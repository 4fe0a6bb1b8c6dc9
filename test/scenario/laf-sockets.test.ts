import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { nextMessage, TestHost } from './host.ts';

let host: TestHost;
const opened: WebSocket[] = [];

beforeAll(async () => {
  host = await TestHost.start();
});

afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

afterAll(() => host[Symbol.asyncDispose]());

/** Opens a socket that sends what its function said of the connection first. */
async function connect(...args: Parameters<TestHost['connect']>): Promise<WebSocket> {
  const socket = await host.connect(...args);
  opened.push(socket);
  return socket;
}

/** Sends a text and answers the JSON of the next message. */
async function ask(socket: WebSocket, text: string): Promise<unknown> {
  const answer = nextMessage(socket);
  socket.send(text);
  return JSON.parse(await answer);
}

/** The status and body that a handshake is refused with. */
async function refusal(
  path = '/__websocket__',
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: unknown }> {
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, body: JSON.parse(text) };
}

describe('__websocket__', () => {
  it('gets the same socket object on every event, usable as a key and with properties of its own', async () => {
    await host.publish(
      '__websocket__',
      `const seen = new Map();
      export default async (ctx) => {
        const { socket, method } = ctx;
        if (method === 'WebSocket:connection') { seen.set(socket, 'key'); socket.owner = { name: 'Ada' }; return; }
        if (method === 'WebSocket:message') socket.send(JSON.stringify({ key: seen.get(socket), owner: socket.owner, size: seen.size, keys: Object.keys(ctx),
          data: [Buffer.isBuffer(ctx.params.data), ctx.params.data.toString(), ctx.params.isBinary], state: socket.readyState }));
      };`,
    );
    const socket = await connect('/__websocket__?room=1');
    const keys = ['params', 'method', 'requestId', 'socket', '__function_name', 'url', 'headers', 'query', 'user', 'auth', 'connectionId'];
    const told = { key: 'key', owner: { name: 'Ada' }, size: 1, keys, state: 1 };
    expect(await ask(socket, 'text')).toEqual({ ...told, data: [true, 'text', false] });
    const answer = nextMessage(socket);
    socket.send(Buffer.from('bytes'));
    expect(JSON.parse(await answer)).toEqual({ ...told, data: [true, 'bytes', true] });
  });

  it('is a real ws socket: ping(), on("pong"), createWebSocketStream() and sends after its end', async () => {
    await host.publish(
      '__websocket__',
      `import WebSocket, { createWebSocketStream } from 'ws';
      import cloud from '@lafjs/cloud';
      export default async ({ method, socket, params }) => {
        if (method === 'WebSocket:message' && params.data.toString() === 'ping') {
          socket.on('pong', (data) => socket.send(JSON.stringify({ pong: data.toString() })));
          socket.ping('beat');
        } else if (method === 'WebSocket:message' && params.data.toString() === 'stream') {
          const stream = createWebSocketStream(socket, { encoding: 'utf8' });
          stream.write(JSON.stringify({ streamed: socket instanceof WebSocket, listed: cloud.sockets.has(socket) }));
        } else if (method === 'WebSocket:close') {
          socket.send('too late'); socket.close();
          cloud.shared.set('late', [params.code, Buffer.isBuffer(params.reason), params.reason.toString(), cloud.sockets.has(socket)]);
        }
      };`,
    );
    await host.publish('late', "import cloud from '@lafjs/cloud'; export default () => cloud.shared.get('late') ?? null;");
    const socket = await connect();
    expect(await ask(socket, 'ping')).toEqual({ pong: 'beat' });
    expect(await ask(socket, 'stream')).toEqual({ streamed: true, listed: true });
    socket.close(4001, 'bye');
    await expect.poll(async () => (await host.call('/late')).json).toEqual([4001, true, 'bye', false]);
  });

  it('pushes to a socket that another function kept in cloud.shared, across publishes', async () => {
    const source = (revision: number) => `import cloud from '@lafjs/cloud';
      const users = cloud.shared.get('users') ?? new Map();
      cloud.shared.set('users', users);
      export async function main(ctx) {
        if (ctx.method === 'WebSocket:connection') { users.set(ctx.headers['x-user'], ctx.socket); return; }
        if (ctx.method === 'WebSocket:message') ctx.socket.send(JSON.stringify(${revision}));
      }`;
    await host.publish('__websocket__', source(1));
    await host.publish(
      'tell',
      "import cloud from '@lafjs/cloud'; export default (ctx) => cloud.shared.get('users').get(ctx.query.user).send(JSON.stringify(ctx.query));",
    );
    const socket = await connect('/any/path', { headers: { 'x-user': 'ada' } });
    expect(await ask(socket, '?')).toBe(1);
    const revision = await host.publish('__websocket__', source(2));
    expect(revision).toBeGreaterThan(1);
    expect(await ask(socket, '?')).toBe(2);
    const pushed = nextMessage(socket);
    await host.call('/tell?user=ada&text=hi');
    expect(JSON.parse(await pushed)).toEqual({ user: 'ada', text: 'hi' });
  });

  it('takes the token from the subprotocol, the query or the header', async () => {
    await host.publish('token', "import cloud from '@lafjs/cloud'; export default () => cloud.getToken({ uid: 'ada' });");
    await host.publish(
      '__websocket__',
      `import cloud from '@lafjs/cloud';
      export default ({ method, socket, headers, user }) => {
        if (method === 'WebSocket:message') socket.send(JSON.stringify({ user: user?.uid, own: cloud.parseToken(headers['sec-websocket-protocol'])?.uid ?? null, protocol: socket.protocol }));
      };`,
    );
    const { text: token } = await host.call('/token');
    const bySubprotocol = await connect('/__websocket__', { protocols: [token] });
    expect(await ask(bySubprotocol, '?')).toEqual({ user: 'ada', own: 'ada', protocol: token });
    const byQuery = await connect(`/__websocket__?token=${token}`);
    expect(await ask(byQuery, '?')).toEqual({ user: 'ada', own: null, protocol: '' });
    const byHeader = await connect('/', { headers: { authorization: `Bearer ${token}` } });
    expect(await ask(byHeader, '?')).toEqual({ user: 'ada', own: null, protocol: '' });
    const byNobody = await connect('/?token=forged');
    expect(await ask(byNobody, '?')).toEqual({ own: null, protocol: '' });
  });

  it('goes on after a throw, which is logged with the connection', async () => {
    await host.publish(
      '__websocket__',
      "export default async ({ method, params, socket }) => {\n  if (method === 'WebSocket:message' && String(params.data) === 'throw') throw new RangeError('event failed');\n  if (method === 'WebSocket:message') socket.send('1');\n};",
    );
    const socket = await connect();
    socket.send('throw');
    expect(await ask(socket, '?')).toBe(1);
    const logs = async () => (await host.api('GET', '/v1/logs?function=__websocket__&level=error')).json.logs;
    await expect.poll(logs).toContainEqual(
      expect.objectContaining({
        message: 'RangeError: event failed',
        line: 2,
        connectionId: expect.stringMatching(/./),
        requestId: expect.stringMatching(/-2$/),
      }),
    );
  });

  it('handles the events of one socket in order, each wholly on one revision', async () => {
    const source = (label: string) => `import { setTimeout as wait } from 'node:timers/promises';
      import cloud from '@lafjs/cloud';
      const mine = '${label}';
      export default async ({ method, params, socket }) => {
        if (method !== 'WebSocket:message') return;
        const before = mine;
        if (String(params.data) === 'hold') await new Promise((release) => cloud.shared.set('release', release));
        await new Promise((resolve) => setTimeout(resolve, 1));
        socket.send(JSON.stringify([String(params.data), before, mine]));
      };`;
    await host.publish(
      'release',
      "import cloud from '@lafjs/cloud'; export default () => { const release = cloud.shared.get('release'); release?.(); return !!release; };",
    );
    await host.publish('__websocket__', source('old'));
    const socket = await connect();
    const received: unknown[] = [];
    socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString())));
    socket.send('hold');
    const queued = async () => (await host.api('GET', '/v1/connections')).json.connections.map((one: { queued: number }) => one.queued);
    socket.send('after');
    await expect.poll(queued).toContain(1);
    await host.publish('__websocket__', source('new'));
    expect((await host.call('/release')).json).toBe(true);
    await expect
      .poll(() => received)
      .toEqual([
        ['hold', 'old', 'old'],
        ['after', 'new', 'new'],
      ]);
  });
});

describe('upgrade()', () => {
  it.each([
    ['false', '() => false', 401],
    ['a promise of false', 'async () => false', 401],
    ['a throw', '() => { throw new Error("no"); }', 401],
    ['a rejection', 'async () => { throw new Error("no"); }', 401],
    ['a status', '() => ({ status: 403 })', 403],
    ['a promise of a status', 'async () => ({ status: 429 })', 429],
  ])('refuses with %s', async (_name, upgrade, status) => {
    await host.publish('__websocket__', `export const upgrade = ${upgrade};\nexport default () => {};`);
    expect(await refusal()).toEqual({ status, body: { error: 'The connection was refused.', code: 'UPGRADE_REFUSED' } });
  });

  it.each([
    ['nothing', '() => {}', null],
    ['true', 'async () => true', null],
    ['an object', '() => ({ id: 7 })', { id: 7 }],
    [
      'a promise of an object',
      'async (ctx) => ({ id: ctx.query.id, path: ctx.url, method: ctx.method })',
      { id: '9', path: '/x?id=9', method: 'WebSocket:upgrade' },
    ],
  ])('accepts with %s, which becomes ctx.user if it is an object', async (_name, upgrade, user) => {
    await host.publish(
      '__websocket__',
      `export const upgrade = ${upgrade};\nexport default ({ method, socket, user }) => { if (method === 'WebSocket:message') socket.send(JSON.stringify(user)); };`,
    );
    expect(await ask(await connect('/x?id=9'), '?')).toEqual(user);
  });

  it('is not asked when there is no function: 404 UPGRADE_NO_FUNCTION', async () => {
    await host.api('DELETE', '/v1/functions/__websocket__');
    expect(await refusal()).toMatchObject({ status: 404, body: { code: 'UPGRADE_NO_FUNCTION' } });
  });

  it('a handshake without a key is 400 UPGRADE_INVALID, and plain requests go on', async () => {
    await host.publish('__websocket__', 'export default () => "plain";');
    const request = httpRequest({
      port: host.port,
      host: '127.0.0.1',
      headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    });
    request.end();
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(400);
    response.resume();
    expect((await host.call('/__websocket__')).text).toBe('plain');
  });
});
