import { once } from 'node:events';
import { createServer } from 'node:http';
import jwt from 'jsonwebtoken';
import { describe, expect, onTestFinished, it } from 'vitest';
import { type CloudParts, createCloud } from '../../../runtime/worker/cloud/cloud.ts';
import { CloudError } from '../../../sdk/errors.ts';

const secret = 'a secret of the host';

function hostOf(invoke: CloudParts['invoke'] = () => undefined): CloudParts {
  return {
    appId: 'test-app',
    env: { COLOR: 'red' },
    serverSecret: secret,
    database: undefined,
    shared: new Map(),
    sockets: new Set(),
    broadcast: async () => ({ sent: 0, skipped: 0 }),
    invoke,
  };
}

describe('members', () => {
  it("appid, env and sockets are the host's own", () => {
    const host = hostOf();
    const cloud = createCloud(host);
    expect(cloud.appid).toBe('test-app');
    expect(cloud.env).toBe(host.env);
    expect(cloud.sockets).toBe(host.sockets);
  });

  it('shared is one map a cloud, and keeps functions and instances as they are', () => {
    const cloud = createCloud(hostOf());
    const value = new (class Counter {
      count = 0;
    })();
    cloud.shared.set('counter', value);
    expect(cloud.shared.get('counter')).toBe(value);
    expect(createCloud(hostOf()).shared.size).toBe(0);
  });

  it('cloud can be copied and serialised although some members throw', () => {
    const cloud = createCloud(hostOf());
    expect({ ...cloud }.appid).toBe('test-app');
    expect(JSON.parse(JSON.stringify(cloud))).toMatchObject({ appid: 'test-app' });
  });

  it('members work apart from cloud', () => {
    const { getToken, parseToken } = createCloud(hostOf());
    expect(parseToken(getToken({ uid: 1 }))).toMatchObject({ uid: 1 });
  });
});

describe('tokens', () => {
  const { getToken, parseToken } = createCloud(hostOf());

  it("getToken() signs with the host's secret, and with another if it is given one", () => {
    expect(jwt.verify(getToken({ uid: 1 }), secret)).toMatchObject({ uid: 1 });
    expect(jwt.verify(getToken({ uid: 1 }, 'another'), 'another')).toMatchObject({ uid: 1 });
    expect(() => getToken({ uid: 1 }, '')).toThrow('secretOrPrivateKey must have a value');
  });

  it.each([3600, { expiresIn: '1h' }, null, true])('getToken() and parseToken() ignore a second argument like %j', (given) => {
    const signed: unknown = Reflect.apply(getToken, undefined, [{ uid: 1 }, given]);
    expect(jwt.verify(String(signed), secret)).toMatchObject({ uid: 1 });
    expect(Reflect.apply(parseToken, undefined, [signed, given])).toMatchObject({ uid: 1 });
  });

  it('getToken() and parseToken() take a secret of bytes', () => {
    const bytes = Buffer.from('another');
    expect(parseToken(getToken({ uid: 1 }, bytes), bytes)).toMatchObject({ uid: 1 });
    expect(parseToken(getToken({ uid: 1 }, bytes))).toBeNull();
  });

  it('parseToken() answers the payload of what getToken() made with the same secret', () => {
    expect(parseToken(getToken({ uid: 1 }))).toMatchObject({ uid: 1, iat: expect.any(Number) });
    expect(parseToken(getToken({ uid: 1 }, 'another'), 'another')).toMatchObject({ uid: 1 });
  });

  it.each([
    ['another secret', () => parseToken(getToken({ uid: 1 }, 'another'))],
    ["the host's secret where another is expected", () => parseToken(getToken({ uid: 1 }), 'another')],
    ['an end in the past', () => parseToken(getToken({ exp: 1 }))],
    ['no signature', () => parseToken(jwt.sign({ uid: 1 }, '', { algorithm: 'none' }))],
    ['a changed payload', () => parseToken(getToken({ uid: 1 }).replace(/\.[^.]+\./, `.${btoa('{"uid":2}').replaceAll('=', '')}.`))],
    ['no token', () => parseToken('')],
    ['garbage', () => parseToken('a.b.c')],
    ['undefined', () => parseToken(undefined)],
    ['null', () => parseToken(null)],
    ['a number', () => parseToken(7)],
    ['an object', () => parseToken({ token: getToken({ uid: 1 }) })],
    ['an empty secret', () => parseToken(getToken({ uid: 1 }), '')],
  ])('parseToken() answers null for %s', (_, parse) => {
    expect(parse()).toBeNull();
  });
});

describe('invoke()', () => {
  it('passes and returns the very objects', async () => {
    const result = { made: true };
    const calls: unknown[] = [];
    const cloud = createCloud(
      hostOf((name, context) => {
        calls.push(name, context);
        return result;
      }),
    );
    const context = { body: new Map() };
    expect(await cloud.invoke('dir/other', context)).toBe(result);
    expect(calls).toEqual(['dir/other', context]);
    expect(calls[1]).toBe(context);
  });

  it('fills in the name, and method and request id unless they are there', async () => {
    const { invoke } = createCloud(hostOf((_, context) => context));
    expect(await invoke('a')).toEqual({ __function_name: 'a', method: 'call', requestId: 'invoke' });
    const context = { __function_name: 'caller', method: 'GET', requestId: 'r1' };
    await invoke('a', context);
    expect(context).toEqual({ __function_name: 'a', method: 'GET', requestId: 'r1' });
  });

  it('rejects with what the host throws or rejects with', async () => {
    const thrown = new Error('thrown');
    const throwing = createCloud(
      hostOf(() => {
        throw thrown;
      }),
    );
    await expect(throwing.invoke('a')).rejects.toBe(thrown);
    const rejecting = createCloud(hostOf(async () => Promise.reject(thrown)));
    await expect(rejecting.invoke('a')).rejects.toBe(thrown);
  });
});

describe('what the host does not have', () => {
  it.each([
    ['mongo', 'DATABASE_UNAVAILABLE', /no database.*MONGODB_URI=mongodb.*MONGODB_URI=managed/],
    ['database', 'DATABASE_UNAVAILABLE', /no database.*MONGODB_URI=mongodb.*MONGODB_URI=managed/],
    ['storage', 'STORAGE_UNAVAILABLE', /no file storage/],
  ] as const)('%s throws %s', (member, code, message) => {
    const cloud = createCloud(hostOf());
    let thrown: unknown;
    try {
      if (member === 'database') cloud.database();
      else void cloud[member];
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CloudError);
    expect(thrown).toMatchObject({ name: 'CloudError', code, message: expect.stringMatching(message) });
  });
});

describe('fetch', () => {
  it('is axios: callable, with methods and instances, rejecting on an error status', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/gone' ? 410 : 200;
      response.setHeader('content-type', 'application/json');
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => response.end(JSON.stringify({ method: request.method, url: request.url, body })));
    });
    server.listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const bound = server.address();
    const base = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : bound}`;

    const { fetch } = createCloud(hostOf());
    expect((await fetch({ url: `${base}/a`, params: { x: 1 } })).data).toEqual({ method: 'GET', url: '/a?x=1', body: '' });
    expect((await fetch(`${base}/b`)).status).toBe(200);
    expect((await fetch.get<{ url: string }>(`${base}/c`)).data.url).toBe('/c');
    expect((await fetch.post(`${base}/d`, { y: 2 })).data).toEqual({ method: 'POST', url: '/d', body: '{"y":2}' });
    expect((await fetch.create({ baseURL: base }).get('/e', { responseType: 'arraybuffer' })).data).toBeInstanceOf(Buffer);
    await expect(fetch.get(`${base}/gone`)).rejects.toMatchObject({ response: { status: 410 } });
    await expect(fetch.get(`${base}/gone`).catch((error: unknown) => fetch.isAxiosError(error))).resolves.toBe(true);
  });

  it('is the same object each time', () => {
    const cloud = createCloud(hostOf());
    expect(cloud.fetch).toBe(cloud.fetch);
  });
});
