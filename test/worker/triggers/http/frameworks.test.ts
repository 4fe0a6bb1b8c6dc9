import { ServerResponse } from 'node:http';
import connect from 'connect';
import express from 'express';
import express5 from 'express5';
import helmet from 'helmet';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const withOrigin = { headers: { 'x-request-id': 'an-id', origin: 'https://a.example' } };
const own = { 'request-id': 'an-id', 'access-control-allow-origin': 'https://a.example', 'access-control-allow-credentials': 'true' };

async function ask(handler: TestFunction, path = '/f'): Promise<{ status: number; text: string; headers: Record<string, string> }> {
  host.publish('f', handler);
  const response = await host.fetch(path, withOrigin);
  return { status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) };
}

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe.each([
  ['Express 4', express],
  ['Express 5', express5],
])('an application of %s', (_, framework) => {
  it("answers with its own members and the host's headers", async () => {
    const app = framework();
    app.use(helmet());
    app.get('/f', (request, response) => response.status(201).json({ q: request.query['q'], original: request.originalUrl }));
    const { status, text, headers } = await ask(
      ({ request, response }) => void Reflect.apply(app, undefined, [request, response]),
      '/f?q=1',
    );
    expect([status, JSON.parse(text)]).toEqual([201, { q: '1', original: '/f?q=1' }]);
    expect(headers).toMatchObject({
      ...own,

      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('Origin'),
    });
    expect(headers['access-control-expose-headers']).toMatch(/request-id.*etag/);
  });

  it('answers later, after the function has returned nothing', async () => {
    const app = framework();
    app.use((_request, _response, next) => void setTimeout(next, 20));
    app.get('/f', (_request, response) => void later().then(() => response.send('late')));
    const { status, text, headers } = await ask(({ request, response }) => void Reflect.apply(app, undefined, [request, response]));
    expect([status, text]).toEqual([200, 'late']);
    expect(headers).toMatchObject(own);
  });

  it('mounts routers, streams, and answers what it does not serve with its own 404', async () => {
    const app = framework();
    const router = framework.Router();
    router.get('/:id', (request, response) => {
      response.write(`${request.baseUrl} ${request.url} `);
      response.end(request.params['id']);
    });
    app.use('/f', router);
    const handler: TestFunction = ({ request, response }) => {
      Object.assign(request, { url: request.url.replace('/f?to=', '/f/') });
      Reflect.apply(app, undefined, [request, response]);
    };
    expect((await ask(handler, '/f?to=7')).text).toBe('/f /7 7');
    const missing = await ask(handler, '/f');
    expect(missing.status).toBe(404);
    expect(missing.headers).toMatchObject(own);
  });

  it('answers an error of its handlers with its own 500', async () => {
    const app = framework().set('env', 'test');
    app.get('/f', () => {
      throw new Error('broken');
    });
    const { status, headers } = await ask(({ request, response }) => void Reflect.apply(app, undefined, [request, response]));
    expect(status).toBe(500);
    expect(headers).toMatchObject(own);
  });
});

describe('a router without an application', () => {
  it('of Express 4 is called with the request as it is, and goes on to next()', async () => {
    const router = express.Router();
    router.get('/f', (_request, response) => response.send('routed'));
    const routeAs =
      (url: string): TestFunction =>
      ({ request, response }) =>
        new Promise((resolve) => {
          Object.assign(request, { url });
          response.on('finish', () => resolve(undefined));
          Reflect.apply(router, undefined, [request, response, () => resolve('not routed')]);
        });
    expect((await ask(routeAs('/f'))).text).toBe('routed');
    expect((await ask(routeAs('/other'))).text).toBe('not routed');
  });
});

describe('other frameworks', () => {
  it('connect answers through its stack, later too', async () => {
    const app = connect();
    app.use((_request, response, next) => {
      response.setHeader('x-stack', '1');
      setTimeout(next, 20);
    });
    app.use('/f', (_request, response) => response.end('connected'));
    const { text, headers } = await ask(({ request, response }) => Reflect.apply(app, undefined, [request, response]));
    expect(text).toBe('connected');
    expect(headers).toMatchObject({ ...own, 'x-stack': '1' });
  });

  it('koa answers by its callback', async () => {
    const app = new Koa();
    app.use(async (ctx) => {
      await later();
      ctx.body = { path: ctx.path };
    });
    const { text, headers } = await ask(({ request, response }) => Reflect.apply(app.callback(), undefined, [request, response]));
    expect(JSON.parse(text)).toEqual({ path: '/f' });
    expect(headers).toMatchObject(own);
  });

  it.each<[string, TestFunction]>([
    ['an object', ({ response }) => void response.writeHead(200, { 'x-own': '1' }).end('x')],
    ['a reason and an object', ({ response }) => void response.writeHead(200, 'Fine', { 'x-own': '1' }).end('x')],
    ['a flat list', ({ response }) => void response.writeHead(200, ['x-own', '1']).end('x')],
    ['nothing', ({ response }) => void (response.setHeader('x-own', '1'), response.writeHead(200).end('x'))],
  ])("one that replaces the response's prototype and calls writeHead() with %s keeps the host's headers", async (_, handler) => {
    const replaced: TestFunction = (context, next) => {
      Object.setPrototypeOf(context.response, Object.create(ServerResponse.prototype));
      return handler(context, next);
    };
    expect((await ask(replaced)).headers).toMatchObject({ ...own, 'x-own': '1', vary: 'Origin' });
  });

  it("one that replaces the response's prototype may say more itself, and what the function returns is sent", async () => {
    const { text, headers } = await ask(({ response }) => {
      Object.setPrototypeOf(response, Object.create(ServerResponse.prototype));
      response.setHeader('Vary', 'Accept-Encoding');
      response.setHeader('Request-Id', 'another');
      return { a: 1 };
    });
    expect(JSON.parse(text)).toEqual({ a: 1 });
    expect(headers).toMatchObject({ ...own, 'request-id': 'another', vary: 'Accept-Encoding, Origin' });
  });

  it('one whose handler throws with another prototype is answered 500, and keeps the connection', async () => {
    const { status, text } = await ask(({ response }) => {
      Object.setPrototypeOf(response, Object.create(ServerResponse.prototype));
      throw new Error('broken');
    });
    expect([status, JSON.parse(text)]).toEqual([500, { error: 'Internal Server Error', requestId: 'an-id' }]);
  });

  it.each([
    'url',
    'originalUrl',
    'baseUrl',
    'next',
    'path',
    'query',
    'params',
    'body',
    'route',
    'ip',
    'hostname',
    'protocol',
    'secret',
    'res',
    'app',
  ])('one may assign request.%s', async (name) => {
    const { text } = await ask(({ request, response }) => {
      Object.assign(request, { [name]: 'given' });
      response.end(String(Reflect.get(request, name)));
    });
    expect(text).toBe('given');
  });
});
