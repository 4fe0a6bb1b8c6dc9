import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const withOrigin = { headers: { 'x-request-id': 'an-id', origin: 'https://a.example' } };

/** What a page's request gets, whatever the function does. */
const own = {
  'request-id': 'an-id',
  'access-control-allow-origin': 'https://a.example',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'request-id',
  vary: 'Origin',
};

it("an answer has the host's headers, whether the function looks at them or not", async () => {
  host.publish('plain', () => 'text');
  host.publish('looks', ({ response }) => response.getHeader('Request-Id'));
  host.publish('sets', ({ response }) => {
    response.setHeader('x-own', '1');
    return 'text';
  });
  for (const name of ['plain', 'looks', 'sets']) {
    const response = await host.fetch(`/${name}`, withOrigin);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...own,
      'access-control-expose-headers': name === 'sets' ? 'request-id, x-own' : 'request-id',
      'content-type': 'text/html; charset=utf-8',
    });
    expect(await response.text()).toBe(name === 'looks' ? 'an-id' : 'text');
  }
});

it("a function reads the host's headers in each way before the answer", async () => {
  host.publish('f', ({ response }) => [
    response.getHeaders(),
    response.getHeaderNames(),
    response.hasHeader('REQUEST-ID'),
    response.hasHeader('x-none'),
    response.getHeader('x-none') ?? null,
  ]);
  expect(await (await host.fetch('/f', withOrigin)).json()).toEqual([own, Object.keys(own), true, false, null]);
});

it("a function changes, removes and adds to the host's headers", async () => {
  host.publish('f', ({ response }) => {
    response.setHeader('Request-Id', 'another');
    response.removeHeader('access-control-expose-headers');
    response.appendHeader('Vary', 'Cookie');
    return 'text';
  });
  const { headers } = await host.fetch('/f', withOrigin);
  expect(headers.get('request-id')).toBe('another');
  expect(headers.has('access-control-expose-headers')).toBe(false);
  expect(headers.get('vary')).toBe('Origin, Cookie');
});

it("headers given to writeHead() stand beside the host's", async () => {
  host.publish('f', ({ response }) => {
    response.writeHead(201, { 'x-own': '1', vary: 'Cookie' });
    response.end('text');
  });
  const response = await host.fetch('/f', withOrigin);
  expect(response.status).toBe(201);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    ...own,
    'access-control-expose-headers': 'request-id, x-own',
    'x-own': '1',
    vary: 'Cookie',
  });
});

it.each<[string, string, TestFunction]>([
  [
    'set one by one, but for those that every page may read or none',
    'request-id, etag, x-total',
    ({ response }) => {
      response.set({ ETag: '"1"', 'X-Total': '7', 'Cache-Control': 'no-store', 'Content-Language': 'en', Expires: '0' });
      response.cookie('a', 'b');
      return 'text';
    },
  ],
  ['given to writeHead() as an object', 'request-id, location', ({ response }) => void response.writeHead(201, { Location: '/a' }).end()],
  ['given after a reason', 'request-id, x-a', ({ response }) => void response.writeHead(200, 'Fine', { 'X-A': '1' }).end()],
  ['given as a flat list', 'request-id, x-a, x-b', ({ response }) => void response.writeHead(200, ['X-A', '1', 'X-B', '2']).end()],
  [
    'given as a list of pairs',
    'request-id, x-a, x-b',
    ({ response }) =>
      void Reflect.apply(response.writeHead, response, [
        200,
        [
          ['X-A', '1'],
          ['X-B', '2'],
        ],
      ]).end(),
  ],
  [
    'of a stream',
    'request-id, x-a',
    ({ response }) => {
      response.setHeader('X-A', '1');
      response.write('a');
      response.end();
    },
  ],
  [
    'that the function itself names',
    'X-Only',
    ({ response }) => {
      response.set({ 'Access-Control-Expose-Headers': 'X-Only', 'X-Other': '1' });
      return 'text';
    },
  ],
])('Access-Control-Expose-Headers names headers %s', async (_, exposed, handler) => {
  host.publish('f', handler);
  const { headers } = await host.fetch('/f', withOrigin);
  expect(headers.get('access-control-expose-headers')).toBe(exposed);
  host.publish('f', handler);
  expect((await host.fetch('/f')).headers.has('access-control-expose-headers')).toBe(exposed === 'X-Only');
});

it('headers are read once they are out, too', async () => {
  const seen = new Promise((resolve) => {
    host.publish('f', ({ response }) => {
      response.on('finish', () => {
        const { 'content-length': length, 'request-id': id } = response.getHeaders();
        resolve([id, length, response.getHeader('Content-Type'), response.hasHeader('vary'), response.getHeaderNames().includes('vary')]);
      });
      return 'text';
    });
  });
  await (await host.fetch('/f', withOrigin)).text();
  expect(await seen).toEqual(['an-id', '4', 'text/html; charset=utf-8', true, true]);
});

it("setHeader() throws once they are out, as Node's does", async () => {
  const thrown = new Promise((resolve) => {
    host.publish('f', ({ response }) => {
      queueMicrotask(() => {
        try {
          response.setHeader('x-late', '1');
        } catch (error) {
          resolve(error instanceof Error && 'code' in error && error.code);
        }
      });
      return 'text';
    });
  });
  expect((await host.fetch('/f')).headers.has('x-late')).toBe(false);
  expect(await thrown).toBe('ERR_HTTP_HEADERS_SENT');
});
