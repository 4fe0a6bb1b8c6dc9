import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpRequest } from '../../../../runtime/worker/triggers/http/request.ts';
import { HttpResponse } from '../../../../runtime/worker/triggers/http/response.ts';
import { call, type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

async function ask(handler: TestFunction, path = '/f', init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }> {
  host.publish('f', handler);
  const response = await host.fetch(path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const format: TestFunction = ({ response }) => response.format({ html: () => response.send('html'), json: () => response.send({ a: 1 }) });

const useLocals: TestFunction = ({ response }) => {
  const before = Object.keys(response.locals).length;
  response.locals.a = 1;
  return [before, response.locals.a, Reflect.get(response.req, 'res') === response];
};

describe('HttpRequest and HttpResponse', () => {
  it('HttpRequest and HttpResponse have every member that Express gives', () => {
    for (const [given, made] of [
      [express.request, HttpRequest.prototype],
      [express.response, HttpResponse.prototype],
    ] as const) {
      expect(Object.keys(given).filter((name) => !Object.hasOwn(made, name))).toEqual([]);
    }
  });

  it("HttpRequest answers what Express's request does", async () => {
    host.publish('f', ({ request }) => ({
      path: request.path,
      url: request.url,
      originalUrl: request.originalUrl,
      baseUrl: request.baseUrl,
      hostname: request.hostname,
      protocol: request.protocol,
      secure: request.secure,
      ip: request.ip,
      ips: request.ips,
      subdomains: request.subdomains,
      xhr: request.xhr,
      get: [request.get('X-Thing'), request.header('referrer')],
      accepts: [request.accepts('html', 'json'), request.accepts('png')],
      languages: request.acceptsLanguages('de', 'en'),
      encodings: request.acceptsEncodings('gzip'),
      charsets: request.acceptsCharsets('utf-8'),
      is: [request.is('json'), request.is('html')],
      stale: request.stale,
      fresh: request.fresh,
      app: Reflect.get(request, 'app')?.get('etag'),
    }));
    const headers = {
      host: 'a.b.example.com:81',
      'x-thing': 'x',
      referer: 'http://r',
      accept: 'application/json',
      'accept-language': 'en',
      'accept-encoding': 'gzip',
      'x-requested-with': 'XMLHttpRequest',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
      'content-type': 'application/json',
    };
    const { text } = await call(host.port, { method: 'POST', path: '/f?q=1', headers }, '{}');
    expect(JSON.parse(text)).toEqual({
      path: '/f',
      url: '/f?q=1',
      originalUrl: '/f?q=1',
      baseUrl: '',
      hostname: 'a.b.example.com',
      protocol: 'http',
      secure: false,
      ip: '127.0.0.1',
      ips: [],
      subdomains: ['b', 'a'],
      xhr: true,
      get: ['x', 'http://r'],
      accepts: ['json', false],
      languages: 'en',
      encodings: 'gzip',
      charsets: 'utf-8',
      is: ['json', false],
      stale: true,
      fresh: false,
      app: 'weak',
    });
  });

  it('status(), set(), type(), append(), links(), vary(), location() and attachment() set headers', async () => {
    const { status, headers, text } = await ask(({ response }) => {
      response
        .status(201)
        .set('X-A', 'a')
        .set({ 'X-B': ['1', '2'] })
        .header('X-C', 'c')
        .type('txt')
        .append('X-A', 'b');
      response.links({ next: 'http://n' }).vary('Accept').location('/somewhere').attachment('a.txt');
      return [response.get('X-C')];
    });
    expect([status, text]).toEqual([201, '["c"]']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-a': 'a, b',
      'x-b': '1, 2',
      'content-type': 'text/plain; charset=utf-8',
      link: '<http://n>; rel="next"',
      vary: 'Accept',
      location: '/somewhere',
      'content-disposition': 'attachment; filename="a.txt"',
    });
  });

  it('send() sends text, JSON and bytes with an ETag, and 304 when it is fresh', async () => {
    const text = await ask(({ response }) => response.send('<p>'));
    expect([text.text, text.headers.get('content-type')]).toEqual(['<p>', 'text/html; charset=utf-8']);
    const etag = text.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\//);
    expect((await call(host.port, { path: '/f', headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await ask(({ response }) => response.send({ a: 1 }))).headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect((await ask(({ response }) => response.send(Buffer.from('x')))).headers.get('content-type')).toBe('application/octet-stream');
  });

  it('json(), jsonp(), sendStatus() and format() answer', async () => {
    expect((await ask(({ response }) => response.json(null))).text).toBe('null');
    expect((await ask(({ response }) => response.jsonp({ a: 1 }), '/f?callback=cb')).text).toContain('cb({"a":1})');
    const gone = await ask(({ response }) => response.sendStatus(410));
    expect([gone.status, gone.text]).toEqual([410, 'Gone']);
    expect((await ask(format, '/f', { headers: { accept: 'application/json' } })).text).toBe('{"a":1}');
    const neither = await ask(format, '/f', { headers: { accept: 'image/png' } });
    expect([neither.status, JSON.parse(neither.text).error]).toEqual([406, 'Not Acceptable']);
  });

  it('redirect() redirects', async () => {
    const found = await ask(({ response }) => response.redirect('https://example.org/x'));
    expect([found.status, found.headers.get('location')]).toEqual([302, 'https://example.org/x']);
    const moved = await ask(({ response }) => response.redirect(301, '/y'));
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/y']);
  });

  it('cookie() and clearCookie() set cookies and leave the value to be returned', async () => {
    const { text, headers } = await ask(({ response }) => {
      response.cookie('session_id', 'abc123').cookie('o', { a: 1 }, { httpOnly: true }).clearCookie('old');
      return 'hello';
    });
    expect(text).toBe('hello');
    expect(headers.getSetCookie()).toEqual([
      'session_id=abc123; Path=/',
      'o=j%3A%7B%22a%22%3A1%7D; Path=/; HttpOnly',
      'old=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ]);
  });

  it('locals belong to one response', async () => {
    expect((await ask(useLocals)).text).toBe('[0,1,true]');
    expect((await ask(useLocals)).text).toBe('[0,1,true]');
    expect((await ask(({ response }) => (response.locals = { b: 2 }))).text).toBe('{"b":2}');
  });

  it("render() without an engine is the function's failure", async () => {
    const { status, text } = await ask(({ response }) => Reflect.apply(Reflect.get(response, 'render'), response, ['page']));
    expect([status, JSON.parse(text).error, host.failures.length]).toEqual([500, 'Internal Server Error', 1]);
  });
});
