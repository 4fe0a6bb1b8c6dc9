import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, startHost } from './host.ts';

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
  'access-control-expose-headers': '*',
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
    expect(Object.fromEntries(response.headers)).toMatchObject({ ...own, 'content-type': 'text/html; charset=utf-8' });
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
  expect(Object.fromEntries(response.headers)).toMatchObject({ ...own, 'x-own': '1', vary: 'Cookie' });
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
