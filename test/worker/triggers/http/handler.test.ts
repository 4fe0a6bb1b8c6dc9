import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, type Host, received, send, startHost } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

async function bodyOf(response: Response): Promise<unknown> {
  return JSON.parse(await response.text());
}

describe('the request id', () => {
  it('a sound x-request-id is echoed and becomes ctx.requestId', async () => {
    host.publish('f', ({ requestId }) => requestId);
    for (const id of ['R-1', 'a'.repeat(128), 'trace:1/2+3=@x.y_z']) {
      const response = await host.fetch('/f', { headers: { 'x-request-id': id } });
      expect([response.headers.get('request-id'), await response.text()]).toEqual([id, id]);
    }
  });

  it('anything else is replaced by a new id', async () => {
    host.publish('f', ({ requestId }) => requestId);
    const seen = new Set<string>();
    for (const id of ['', 'a'.repeat(129), 'a b', '<script>', 'ü']) {
      const response = await host.fetch('/f', { headers: { 'x-request-id': id } });
      const given = response.headers.get('request-id') ?? '';
      expect(given).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.text()).toBe(given);
      seen.add(given);
    }
    expect(seen.size).toBe(5);
  });
});

describe('CORS', () => {
  it('OPTIONS is answered without the function', async () => {
    host.publish('f', () => 'never');
    const { status, headers, text } = await call(host.port, {
      method: 'OPTIONS',
      path: '/f',
      headers: { origin: 'http://a.example', 'access-control-request-headers': 'x-a,x-b' },
    });
    expect([status, text]).toEqual([204, '']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'http://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      'access-control-allow-headers': 'x-a,x-b',
      'access-control-max-age': '86400',
      vary: 'Origin, Access-Control-Request-Headers',
    });
  });

  it('OPTIONS is answered for what does not exist and for a broken path', async () => {
    for (const path of ['/nobody', '/%', '*']) expect((await call(host.port, { method: 'OPTIONS', path })).status).toBe(204);
  });

  it('the origin is reflected on every kind of answer', async () => {
    host.publish('ok', () => 'ok');
    host.publish('boom', () => {
      throw new Error('x');
    });
    for (const [path, status] of [
      ['/ok', 200],
      ['/boom', 500],
      ['/none', 404],
      ['/%', 400],
    ] as const) {
      const response = await host.fetch(path, { headers: { origin: 'null' } });
      expect(response.status).toBe(status);
      expect(response.headers.get('access-control-allow-origin')).toBe('null');
      expect(response.headers.get('access-control-expose-headers')).toBe('request-id');
      expect(response.headers.get('vary')).toBe('Origin');
    }
  });

  it('without an origin nothing is added', async () => {
    host.publish('ok', () => 'ok');
    const { headers } = await host.fetch('/ok');
    expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([null, null]);
  });
});

describe('the function of a request', () => {
  it('names are paths, matched exactly, with one leading slash less', async () => {
    host.publish('a/b.c', ({ request }) => request.params);
    expect(await bodyOf(await host.fetch('/a/b.c?x=1'))).toEqual({ name: 'a/b.c', 0: 'a/b.c' });
    expect((await host.fetch('/a%2Fb%2ec')).status).toBe(200);
    for (const path of ['/a/b.c/', '//a/b.c', '/A/b.c', '/']) {
      const response = await host.fetch(path);
      expect([response.status, await response.text()]).toEqual([404, 'Function Not Found']);
    }
  });

  it('the absolute form of a URL is taken as its path', async () => {
    host.publish('f', ({ request, query }) => [request.path, query.q]);
    const got = await call(host.port, { path: 'http://other.example/f?q=1' });
    expect(got.text).toBe('["/f","1"]');
    expect((await call(host.port, { path: 'http://other.example' })).status).toBe(404);
  });

  it('names of the prototype are not found', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
      expect((await call(host.port, { path: `/${name}` })).status).toBe(404);
    }
    host.publish('constructor', () => 'mine');
    expect(await (await host.fetch('/constructor')).text()).toBe('mine');
  });

  it('a wrong percent encoding is 400 INVALID_URL', async () => {
    host.publish('__default__', () => 'caught');
    for (const path of ['/%', '/%zz', '/%ff', '/a%2']) {
      const { status, headers, text } = await call(host.port, { path });
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ code: 'INVALID_URL', requestId: headers['request-id'] });
    }
  });

  it('__default__ runs for what is not found, under the requested path', async () => {
    host.publish('__default__', ({ __function_name: name, request }) => `${name} ${request.params.name}`);
    expect(await (await host.fetch('/nobody/here')).text()).toBe('nobody/here nobody/here');
    expect(await (await host.fetch('/')).text()).toBe(' ');
  });

  it('a method that is not listed is 405, and HEAD goes where GET goes', async () => {
    host.publish('f', { exports: () => 'ok', methods: ['GET', 'PUT'] });
    const post = await host.fetch('/f', { method: 'POST', body: 'x' });
    expect([post.status, await post.text(), post.headers.get('allow')]).toEqual([405, 'Method Not Allowed', 'GET, PUT']);
    expect((await host.fetch('/f', { method: 'HEAD' })).status).toBe(200);
    expect((await host.fetch('/f', { method: 'PUT' })).status).toBe(200);
  });

  it('a function published while the body comes is the one that runs', async () => {
    host.publish('f', () => 'old');
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('POST /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n');
    await vi.waitFor(() => expect(host.app.counters.requests).toBe(1));
    host.publish('f', ({ body }) => `new ${body}`);
    socket.write('text');
    expect(await received(socket)).toMatch(/\r\n\r\nnew text$/);
  });

  it('everything is counted', async () => {
    host.publish('f', () => 'ok');
    for (const path of ['/f', '/none', '/%']) await host.fetch(path);
    expect(host.app.counters).toMatchObject({ requests: 3, requestErrors: 0 });
  });
});

describe('the context', () => {
  it("ctx has exactly Laf's keys, in order, and can be changed", async () => {
    host.publish('f', (ctx) => {
      const keys = Object.keys(ctx);
      ctx.method = 'mine';
      ctx.extra = 1;
      return keys;
    });
    const keys = ['__function_name', 'requestId', 'query', 'files', 'body', 'headers', 'method', 'auth', 'user', 'request', 'response'];
    expect(await bodyOf(await host.fetch('/f'))).toEqual(keys);
    expect(await bodyOf(await host.fetch('/f', { method: 'POST', body: 'x' }))).toEqual(keys);
  });

  it('ctx without a body or a query has empty objects', async () => {
    host.publish('f', ({ body, query, files, method, request }) => ({
      body,
      query,
      files: files === undefined ? 'undefined' : 'defined',
      method,
      same: request.body === body && request.query === query,
    }));
    const empty = { body: {}, query: {}, files: 'undefined', same: true };
    expect(await bodyOf(await host.fetch('/f'))).toEqual({ ...empty, method: 'GET' });
    expect(await bodyOf(await host.fetch('/f', { method: 'POST' }))).toEqual({ ...empty, method: 'POST' });
  });

  it('ctx.query is parsed as Express does, and pollutes nothing', async () => {
    host.publish('f', ({ query }) => query);
    const response = await host.fetch('/f?a[b]=1&c=2&c=3&d=%E6%96%87&__proto__[polluted]=1&e=%&f');
    expect(await bodyOf(response)).toEqual({ a: { b: '1' }, c: ['2', '3'], d: '文', e: '%', f: '' });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('ctx.user and ctx.auth are the payload of the bearer token, or null', async () => {
    host.publish('f', ({ user, auth }) => ({ user, auth }));
    for (const [authorization, payload] of [
      ['Bearer good', { uid: 7 }],
      ['bearer good', { uid: 7 }],
      ['Bearer bad', null],
      ['Basic good', null],
    ] as const) {
      const response = await host.fetch('/f', { headers: { authorization } });
      expect(await bodyOf(response)).toEqual({ user: payload, auth: payload });
    }
    expect(await bodyOf(await host.fetch('/f'))).toEqual({ user: null, auth: null });
  });

  it('x-real-ip is filled from the first x-forwarded-for entry unless it is there', async () => {
    host.publish('f', ({ headers }) => headers['x-real-ip'] ?? 'none');
    const ask = async (headers: Record<string, string>): Promise<string> => (await host.fetch('/f', { headers })).text();
    expect(await ask({ 'x-forwarded-for': '10.0.0.1 , 10.0.0.2' })).toBe('10.0.0.1');
    expect(await ask({ 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.9.9.9' })).toBe('10.9.9.9');
    expect(await ask({})).toBe('none');
  });

  it("the function runs in its invocation's scope, at once and later", async () => {
    host.publish('f', async () => {
      const at = host.app.calls.current;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return { id: at?.requestId, same: host.app.calls.current === at, open: at?.ended === false };
    });
    const response = await host.fetch('/f', { method: 'POST', body: 'x', headers: { 'x-request-id': 'R-9' } });
    expect(await bodyOf(response)).toEqual({ id: 'R-9', same: true, open: true });
  });

  it('a request over a pair of streams is like one over a socket', async () => {
    host.publish('f', ({ request, body }) => ({ body, ip: String(request.ip), host: request.hostname }));
    const [client, server] = duplexPair();
    host.server.emit('connection', server);
    const body = '{"a":1}';
    client.write(
      `POST /f HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toContain('{"body":{"a":1},"ip":"undefined","host":"x"}');
  });
});

describe('the interceptor', () => {
  it('the interceptor wraps, replaces and passes its context on', async () => {
    host.publish('f', (ctx) => `f${ctx.given ?? ''}`);
    host.publish('__interceptor__', async (ctx, next) => {
      if (ctx.query.stop) return 'stopped';
      ctx.given = 1;
      return `[${String(await next(ctx))}]`;
    });
    expect(await (await host.fetch('/f')).text()).toBe('[f1]');
    expect(await (await host.fetch('/f?stop=1')).text()).toBe('stopped');
  });

  it('the interceptor may send a response and return something', async () => {
    host.publish('f', () => 'f');
    host.publish('__interceptor__', async ({ response }, next) => {
      response.status(403).send('no');
      return next === undefined;
    });
    const response = await host.fetch('/f');
    expect([response.status, await response.text()]).toEqual([403, 'no']);
  });

  it('an interceptor with one parameter refuses with false, before the function is evaluated', async () => {
    let evaluated = 0;
    host.publish('f', { exports: () => 'f', evaluate: () => evaluated++ });
    host.publish('__interceptor__', (ctx) => ctx.query.ok === '1');
    const refused = await host.fetch('/f');
    expect([refused.status, await bodyOf(refused)]).toEqual([403, { error: 'Forbidden', requestId: refused.headers.get('request-id') }]);
    expect(evaluated).toBe(0);
    expect(await (await host.fetch('/f?ok=1')).text()).toBe('f');
  });

  it('an interceptor that throws or cannot be evaluated is a 500', async () => {
    host.publish('f', () => 'f');
    host.publish('__interceptor__', async () => {
      throw new Error('x');
    });
    expect((await host.fetch('/f')).status).toBe(500);
    host.publish('__interceptor__', { exports: {} });
    expect((await host.fetch('/f')).status).toBe(500);
    expect(host.failures.map(({ invocation }) => invocation.function)).toEqual(['f', 'f']);
  });

  it('the interceptor comes after 404 and 405, and is a function itself when called', async () => {
    const seen: string[] = [];
    host.publish('f', { exports: () => 'f', methods: ['GET'] });
    host.publish('__init__', () => 'init');
    host.publish('__interceptor__', async ({ __function_name: name }, next) => {
      seen.push(name);
      return next ? next() : 'plain';
    });
    expect((await host.fetch('/none')).status).toBe(404);
    expect((await host.fetch('/f', { method: 'POST' })).status).toBe(405);
    expect(await (await host.fetch('/__interceptor__')).text()).toBe('plain');
    expect(await (await host.fetch('/__init__')).text()).toBe('init');
    expect(seen).toEqual(['__interceptor__', '__init__']);
  });
});

describe('headers from outside', () => {
  it('no byte that Node accepts in a header breaks the reply', async () => {
    host.publish('f', () => 'ok');
    for (let byte = 1; byte < 256; byte++) {
      if (byte === 10 || byte === 13) continue;
      const odd = `a${String.fromCharCode(byte)}b`;
      const socketAnswer = await send(
        host.port,
        `OPTIONS /f HTTP/1.1\r\nHost: x\r\nOrigin: ${odd}\r\nAccess-Control-Request-Headers: ${odd}\r\nX-Request-Id: ${odd}\r\nConnection: close\r\n\r\n`,
      );
      expect(socketAnswer).toMatch(/^HTTP\/1\.1 (?:204|400) /);
    }
  });
});
