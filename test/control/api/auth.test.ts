import { describe, expect, it } from 'vitest';
import { token } from './client.ts';
import { startHost } from './host.ts';

const refused: [string, string | undefined][] = [
  ['no token', undefined],
  ['a wrong token', 'Bearer wrong'],
  ['an empty token', 'Bearer '],
  ['the token under another scheme', `Basic ${token}`],
  ['the token alone', token],
  ['the token and more', `Bearer ${token} x`],
];

describe('authorize()', () => {
  it.each(refused)('answers 401 for %s', async (_what, authorization) => {
    const host = await startHost();
    const options = { token: null, ...(authorization !== undefined && { headers: { authorization } }) };
    const reply = await host.call('GET', '/v1/functions', undefined, options);
    expect([reply.status, reply.body]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    expect(reply.text).not.toContain(token);
  });

  it('takes the scheme in any case', async () => {
    const host = await startHost();
    expect(
      (await host.call('GET', '/v1/functions', undefined, { token: null, headers: { authorization: `bearer ${token}` } })).status,
    ).toBe(200);
  });

  it('answers 401 for every described call without a token, except the open ones', async () => {
    const host = await startHost();
    const open = new Set(['GET /', 'GET /_/healthz', 'GET /_/readyz']);
    const calls = new Set([...host.conformance.described].map((entry) => entry.split(' ').slice(0, 2).join(' ')));
    for (const call of calls) {
      const [method = '', path = ''] = call.split(' ');
      const reply = await host.call(method, path.replace(/\{\w+\}/g, '1'), undefined, { token: 'wrong' });
      expect([call, reply.status]).toEqual([call, open.has(call) ? 200 : 401]);
    }
  });

  it.each(['/v1', '/v1/', '/v1/none', '/v1/functions/', '/metrics/', '/v1/functions/..%2Fx'])(
    'tells nothing of %s without a token',
    async (path) => {
      const host = await startHost();
      for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD'])
        expect((await host.call(method, path, undefined, { token: null })).status).toBe(401);
    },
  );

  it.each(['/V1/functions', '/Metrics', '//v1/functions', '/%761/functions', '/_/../v1/functions'])(
    'answers 404 for %s, which is no other way in',
    async (path) => {
      const host = await startHost();
      expect((await host.call('GET', path, undefined, { token: null })).status).toBe(404);
    },
  );

  it('guards a path in a whole URL as well', async () => {
    const host = await startHost();
    expect((await host.call('GET', 'http://other/v1/functions', undefined, { token: null })).status).toBe(401);
  });

  it('does not read the body of who has no token', async () => {
    const host = await startHost();
    const reply = await host.call('PUT', '/v1/functions/%', undefined, { raw: 'no json', token: null });
    expect(reply.body).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
  });
});
