import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nextMessage, TestHost } from './host.ts';

let host: TestHost;
let bystander: Awaited<ReturnType<TestHost['connect']>>;
let worker: number;

beforeAll(async () => {
  host = await TestHost.start();
  await host.publish('ok', 'export default () => "ok";');
  await host.publish(
    'body',
    'export default (ctx) => ({ type: typeof ctx.body, keys: Object.keys(ctx.body), query: Object.keys(ctx.query), polluted: ({}).polluted ?? null });',
  );
  await host.publish(
    '__websocket__',
    "export default ({ method, params, socket }) => { if (method === 'WebSocket:message') socket.send(String(params.data)); };",
  );
  bystander = await host.connect();
  worker = await host.workerPid();
});

afterEach(async () => {
  // Whatever a test did, everybody else must not have noticed: this is a part of each of them.
  // oxlint-disable vitest/no-standalone-expect
  const answer = nextMessage(bystander);
  bystander.send('still there');
  expect(await answer).toBe('still there');
  expect((await host.call('/ok')).text).toBe('ok');
  expect((await host.api('GET', '/v1/functions/ok')).status).toBe(200);
  expect(await host.workerPid()).toBe(worker);
  // oxlint-enable vitest/no-standalone-expect
});

afterAll(async () => {
  bystander.terminate();
  await host[Symbol.asyncDispose]();
});

/** The status of a request whose path is sent exactly as it is. */
async function statusOf(port: number, method: string, path: string): Promise<number | undefined> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path, agent: false, headers: { authorization: `Bearer ${host.token}` } });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

/** Sends bytes and answers all that comes back until the host ends the connection. */
async function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  // A reset after the answer is the host's good right.
  socket.on('error', () => {});
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(received);
}

/** Opens a WebSocket by hand and sends these bytes; answers the code of the close frame that comes back. */
async function closeCodeFor(...frames: readonly Buffer[]): Promise<number> {
  const handshake =
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
  const received = await exchange(host.port, handshake, ...frames);
  expect(received.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
  const frame = received.subarray(received.indexOf('\r\n\r\n') + 4);
  expect(frame[0]).toBe(0x88);
  return frame.readUInt16BE(2);
}

const unmasked = (...bytes: number[]): Buffer => Buffer.from(bytes);
/** A frame whose mask is zero, so that its payload stands as it is. */
const masked = (head: number, ...payload: number[]): Buffer => Buffer.from([head, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);

describe('function names', () => {
  const long = 'x'.repeat(300);

  it.each([
    '/../../etc/passwd',
    '/a/../../b',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/a%00b',
    `/${long}`,
    '//',
    '/%',
    '/%zz',
    '/%ff',
    '/\\..\\x',
    '/a?x=%zz',
    '*',
  ])('%s is no function', async (path) => {
    expect([400, 404]).toContain(await statusOf(host.port, 'GET', path));
  });

  it.each(['..', '%2e%2e', '..%2f..%2fetc', 'a%2f..%2fb', 'a%00b', 'a%0d%0ab', long, '%', '%zz', 'a%20b', '%2fa', 'a%2f', '%F0%9F%98%80'])(
    'the API takes %s for none',
    async (name) => {
      for (const method of ['GET', 'PUT', 'DELETE'])
        expect([400, 404]).toContain(await statusOf(host.consolePort, method, `/v1/functions/${name}`));
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'])(
    '%s is a name like any other',
    async (name) => {
      const call = async () => (await host.call(`/${name}`)).text;
      expect((await host.call(`/${name}`)).status).toBe(404);
      expect(await host.api('GET', `/v1/functions/${name}`)).toMatchObject({
        status: 404,
        json: { error: { code: 'FUNCTION_NOT_FOUND' } },
      });
      expect(await host.publish(name, 'export default () => "first";')).toBe(1);
      expect(await host.publish(name, 'export const own = "own"; export default () => "second";')).toBe(2);
      expect(await call()).toBe('second');
      await host.publish(
        'imports-odd',
        `import { own } from '@/${name}'; import cloud from '@lafjs/cloud'; export default async () => own + await cloud.invoke('${name}');`,
      );
      expect((await host.call('/imports-odd')).text).toBe('ownsecond');
      const names = async () => (await host.api('GET', '/v1/functions')).json.functions.map((one: { name: string }) => one.name);
      expect(await names()).toContain(name);
      expect((await host.api('POST', `/v1/functions/${name}/rollback`, { revision: 1 })).json).toMatchObject({ name, revision: 3 });
      expect(await call()).toBe('first');
      expect((await host.api('GET', `/v1/functions/${name}/revisions`)).json.revisions).toHaveLength(3);
      expect((await host.api('DELETE', `/v1/functions/${name}`)).status).toBe(204);
      expect((await host.call(`/${name}`)).status).toBe(404);
      expect(await names()).not.toContain(name);
    },
  );
});

describe('sources', () => {
  it('of 512 KiB are taken, one byte more is 413 SOURCE_TOO_LARGE', async () => {
    const code = 'export default () => "large"; //ä';
    const source = code + 'x'.repeat(512 * 1024 - Buffer.byteLength(code));
    await host.publish('large', source);
    expect((await host.call('/large')).text).toBe('large');
    for (const [method, path] of [['PUT', '/v1/functions/large'] as const, ['POST', '/v1/functions/large/run'] as const]) {
      expect(await host.api(method, path, { source: `${source}x` })).toMatchObject({
        status: 413,
        json: { error: { code: 'SOURCE_TOO_LARGE', limit: 512 * 1024 } },
      });
    }
    const batch = {
      functions: [
        { name: 'ok', source: 'export default () => "changed";' },
        { name: 'large', source: `${source}x` },
      ],
    };
    expect((await host.api('POST', '/v1/publish', batch)).status).toBe(413);
  });

  it.each([
    ['an endless type', 'type A<T> = A<A<T>>; export default () => "typed";', [200, 201]],
    ['nothing', '', [200, 201]],
    ['10,000 parentheses', `export default () => ${'('.repeat(10_000)}1${')'.repeat(10_000)};`, [200, 201, 422]],
    ['a lone surrogate', 'export default () => "\ud800";', [400]],
    ['a return that ends the wrapper', '}); process.exit(1); (() => {', [422]],
  ])('%s is answered', async (_name, source, statuses) => {
    const answer = await host.api('PUT', '/v1/functions/odd', { source });
    expect(statuses).toContain(answer.status);
  });
});

describe('logs', () => {
  it('a million lines at once are dropped with a count, and the host answers', async () => {
    await host.publish('flood', 'export default () => { for (let i = 0; i < 1e6; i++) console.log("line", i); return "logged"; };');
    const flooding = host.call('/flood');
    expect((await host.api('GET', '/v1/functions/ok')).status).toBe(200);
    expect((await flooding).text).toBe('logged');
    const dropped = async () =>
      (await host.api('GET', '/v1/logs?level=warn&limit=1000')).json.logs.map((line: { message: string }) => line.message);
    await expect.poll(dropped).toContainEqual(expect.stringMatching(/^\d{6,} log lines were dropped/));
    expect((await host.api('GET', '/v1/logs?function=flood&limit=10000')).json.logs.length).toBeLessThan(10_000);
  });

  it.each([
    ['a circle', 'const o = {}; o.o = o; console.log(o);', /Circular/],
    ['a getter that throws', 'console.log({ get x() { throw new Error("got"); } });', /Getter/],
    [
      'an inspect.custom that throws',
      'console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("inspected"); } });',
      /throws when it is formatted: Error: inspected/,
    ],
    [
      'a Proxy that throws',
      'console.log(new Proxy({}, { get() { throw new Error("trapped"); }, ownKeys() { throw new Error("trapped"); }, getPrototypeOf() { throw new Error("trapped"); } }));',
      /./,
    ],
    ['a revoked Proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log(proxy);', /Revoked/],
    [
      'an error whose stack throws',
      'console.log(Object.defineProperty(new Error("x"), "stack", { get() { throw new Error("stacked"); } }));',
      /./,
    ],
    [
      'an error whose message throws',
      'console.log(Object.defineProperty(new Error("x"), "message", { get() { throw new Error("messaged"); } }));',
      /./,
    ],
    ['50 MB of text', 'console.log("y".repeat(50e6));', /^y{1000,}… \(\d+ more characters\)$/],
    ['half of a character', 'console.log("\\ud800");', /./],
    ['a toString that throws', 'console.log("%s", { toString() { throw new Error("stringified"); } });', /./],
    ['an object of a million keys', 'console.log(Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [i, i])));', /more/],
  ])('%s can be logged', async (_name, body, shown) => {
    const revision = await host.publish('logs', `export default () => {\n${body}\nreturn 'went on'; };`);
    const requestId = `logged-${revision}`;
    expect((await host.call('/logs', { headers: { 'x-request-id': requestId } })).text).toBe('went on');
    const logs = async () => (await host.api('GET', `/v1/logs?requestId=${requestId}`)).json.logs;
    await expect.poll(logs).toEqual([expect.objectContaining({ message: expect.stringMatching(shown), line: 2 })]);
  });
});

describe('requests', () => {
  it.each([
    ['a body that is cut off', 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":'],
    ['a chunked body that is cut off', 'POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc'],
    [
      'an upload that is cut off',
      'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nabc',
    ],
    ['headers that are cut off', 'GET /ok HTTP/1.1\r\nHost: x\r\nX-'],
  ])('%s hurts nobody', async (_name, text) => {
    for (const port of [host.port, host.consolePort]) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text);
      socket.end();
      socket.resume();
      await once(socket, 'close');
      expect(await host.workerPid()).toBe(worker);
    }
  });

  it.each([
    ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['a chunk without a size', 'POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['both kinds of length', 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a negative length', 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['a header with a NUL', 'GET /ok HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n', 400],
    ['headers of 100 KB', `GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
    ['20,000 headers', `GET /ok HTTP/1.1\r\nHost: x\r\n${'X-A: a\r\n'.repeat(20_000)}\r\n`, 431],
    [
      'an upgrade without a key',
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
      400,
    ],
  ])('%s is refused', async (_name, text, status) => {
    const answer = await exchange(host.port, Buffer.from(text, 'latin1'));
    expect(answer.toString('latin1')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toString('latin1')).not.toContain('    at ');
  });

  it('JSON nested 100,000 levels deep is refused, by functions and by the API', async () => {
    const body = '['.repeat(100_000) + ']'.repeat(100_000);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const refused = await host.call('/body', init);
    expect([refused.status, refused.json.code]).toEqual([400, 'BODY_TOO_DEEP']);
    const response = await fetch(`http://127.0.0.1:${host.consolePort}/v1/publish`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${host.token}` },
      body: `{"functions":${body}}`,
    });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'INVALID_BODY' } }]);
  });

  it.each([
    ['JSON', 'application/json', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'],
    [
      'a form',
      'application/x-www-form-urlencoded',
      '__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__.polluted=1&hasOwnProperty=x',
    ],
    ['XML', 'text/xml', '<__proto__><polluted>1</polluted></__proto__>'],
    [
      'a multipart form',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="__proto__[polluted]"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="constructor[prototype][polluted]"\r\n\r\n1\r\n--b--\r\n',
    ],
  ])('%s pollutes no prototype', async (_name, type, body) => {
    const answer = await host.call('/body?__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__=x', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer).toMatchObject({ status: 200, json: { polluted: null } });
    await host.api('PUT', '/v1/functions/polluting', JSON.parse('{"source":"","__proto__":{"note":"x"}}'));
    expect((await host.call('/body')).json).toEqual({ type: 'object', keys: [], query: [], polluted: null });
  });
});

describe('frames', () => {
  it.each([
    ['text that is not UTF-8', 1007, masked(0x81, 0xff, 0xfe)],
    ['text in fragments that is not UTF-8', 1007, Buffer.concat([masked(0x01, 0x61), masked(0x80, 0xc3)])],
    ['a reserved opcode', 1002, masked(0x83, 0x61)],
    ['a reserved bit', 1002, masked(0xc1, 0x61)],
    ['no mask', 1002, unmasked(0x81, 0x01, 0x61)],
    ['a continuation of nothing', 1002, masked(0x80, 0x61)],
    ['a fragmented ping', 1002, masked(0x09, 0x61)],
    ['a close code that may not be sent', 1002, masked(0x88, 0x03, 0xed)],
    ['a length of 2^63', 1009, unmasked(0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
    ['more than the limit', 1009, unmasked(0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0x01, 0, 0, 0, 0)],
  ])('%s closes that socket with %i', async (_name, code, bytes) => {
    expect(await closeCodeFor(bytes)).toBe(code);
  });
});

describe('functions that answer badly', () => {
  const throws: readonly (readonly [string, string])[] = [
    ['a header with a line break', '(ctx) => { ctx.response.setHeader("x-a", "a\\r\\nset-cookie: b=1"); return 1; }'],
    ['a header name with a line break', '(ctx) => { ctx.response.set("x-a\\r\\nb", "a"); return 1; }'],
    ['status 99999', '(ctx) => { ctx.response.status(99999); return 1; }'],
    ['status 99999 and send()', '(ctx) => { ctx.response.status(99999).send("x"); }'],
    ['status NaN', '(ctx) => { ctx.response.status(NaN); return {}; }'],
    ['a status message with a line break', '(ctx) => { ctx.response.statusMessage = "a\\r\\nb: c"; return 1; }'],
    ['a redirect with a line break', '(ctx) => { ctx.response.setHeader("location", "/\\u0000"); return 1; }'],
    ['a then() that throws', '() => ({ then() { throw new Error("then"); } })'],
    ['a then getter that throws', '() => ({ get then() { throw new Error("then"); } })'],
    ['a rejection with undefined', '() => Promise.reject(undefined)'],
    ['a rejection with null', 'async () => { throw null; }'],
    ['a rejection with a symbol', '() => Promise.reject(Symbol("s"))'],
    ['throw null', '() => { throw null; }'],
    ['a thrown object without a prototype', '() => { throw Object.create(null); }'],
    ['a thrown revoked Proxy', '() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy; }'],
    ['an error whose stack throws', '() => { throw Object.defineProperty(new Error("x"), "stack", { get() { throw new Error("y"); } }); }'],
    [
      'an error whose name and message throw',
      '() => { const bad = { get() { throw new Error("y"); } }; throw Object.defineProperties(new Error("x"), { name: bad, message: bad }); }',
    ],
    ['a toJSON that throws', '() => ({ toJSON() { throw new Error("json"); } })'],
    ['a circle', '() => { const o = {}; o.o = o; return o; }'],
    ['a function', '() => () => 1'],
    ['a symbol', '() => Symbol("s")'],
    ['a BigInt inside', '() => ({ n: 1n })'],
    ['a stack overflow', '() => { const f = () => f() + 1; return f(); }'],
  ];

  it.each(throws)('%s is a 500 in that function, logged', async (_name, source) => {
    const revision = await host.publish('bad', `export default ${source};`);
    const requestId = `bad-${revision}`;
    const answer = await host.call('/bad', { headers: { 'x-request-id': requestId } });
    expect(answer).toMatchObject({ status: 500, json: { error: 'Internal Server Error', requestId } });
    expect(answer.headers.get('set-cookie')).toBeNull();
    const logs = async () => (await host.api('GET', `/v1/logs?requestId=${requestId}`)).json.logs;
    await expect.poll(logs).toEqual([expect.objectContaining({ level: 'error', function: 'bad', revision })]);
  });

  it.each([
    ['written after its end', '(ctx) => { ctx.response.end("x"); ctx.response.write("y"); ctx.response.end("z"); }'],
    ['sent twice', '(ctx) => { ctx.response.send("x"); try { ctx.response.send("y"); } catch {} return "z"; }'],
    ['given headers after its end', '(ctx) => { ctx.response.end("x"); ctx.response.setHeader("a", "b"); }'],
    ['followed by a throw', 'async (ctx) => { ctx.response.send("x"); throw new Error("late"); }'],
    [
      'written later still',
      'async (ctx) => { ctx.response.send("x"); setTimeout(() => { ctx.response.write("y"); ctx.response.destroy(new Error("z")); }, 1); }',
    ],
  ])('a response %s stays as it was sent', async (_name, source) => {
    await host.publish('again', `export default ${source};`);
    expect(await host.call('/again')).toMatchObject({ status: 200, text: 'x' });
  });
});
