import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

describe('answerErrors()', () => {
  it('answers an opaque 500 for a foreign error, and logs its cause', async () => {
    const host = await startHost();
    const reply = await host.call('PUT', '/v1/functions/f', { source: 'crash' });
    expect(reply.status).toBe(500);
    expect(reply.body).toEqual({ error: { code: 'INTERNAL', message: expect.any(String) } });
    const [record] = host.logs.query({ level: 'error' }, 10);
    expect(record).toMatchObject({
      message: 'PUT /v1/functions/f failed: secret place of the crash',
      stack: expect.stringContaining('TypeError'),
    });
  });

  it('answers 500 for an error that no reply carries', async () => {
    const host = await startHost();
    expect((await host.call('PUT', '/v1/functions/f', { source: 'foreign' })).body).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(host.logs.query({ level: 'error' }, 10)).toHaveLength(1);
  });

  it.each(['/', '/v1/functions', '/v1/none', '/none', '/v1/functions/none', '/_/healthz', '/metrics', '/v1/openapi.json'])(
    'sets the headers of every answer, also of %s',
    async (path) => {
      const host = await startHost();
      const { headers } = await host.call('GET', path);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    },
  );

  it.each(['/v1', '/v1/', '/v1/none', '/none', '/v1/functions/a/b', '/v1/logs/', '/V1/logs', '/v1/publish/x'])(
    'answers 404 for %s',
    async (path) => {
      const host = await startHost();
      const reply = await host.call('GET', path);
      expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'ROUTE_NOT_FOUND', method: 'GET', path } }]);
    },
  );

  it.each([
    ['POST', '/v1/functions', 'HEAD, GET'],
    ['PATCH', '/v1/functions/f', 'HEAD, GET, PUT, DELETE'],
    ['OPTIONS', '/v1/publish', 'POST'],
    ['GET', '/v1/connections/c1/send', 'POST'],
    ['POST', '/_/healthz', 'HEAD, GET'],
    ['POST', '/metrics', 'HEAD, GET'],
  ])('answers 405 with Allow for %s %s', async (method, path, allow) => {
    const host = await startHost();
    const reply = await host.call(method, path);
    expect([reply.status, reply.headers.allow, reply.body]).toMatchObject([405, allow, { error: { code: 'ROUTE_NOT_FOUND' } }]);
  });

  it('answers HEAD as GET without the body', async () => {
    const host = await startHost();
    const reply = await host.call('HEAD', '/v1/functions');
    expect([reply.status, reply.text, reply.headers['content-length']]).toEqual([200, '', '16']);
  });

  it.each(['http://[::1/v1/functions', 'a://b'])('answers 400 for the URL %s, without a log line', async (url) => {
    const host = await startHost();
    const reply = await host.call('GET', url, undefined, { token: null });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_URL' } }]);
    expect(host.logs.query({}, 10)).toEqual([]);
  });
});
