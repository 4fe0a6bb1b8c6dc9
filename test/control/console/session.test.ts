import { describe, expect, it } from 'vitest';
import { open, token } from '../api/client.ts';
import { cookieOf, startConsole } from './host.ts';

const attributes = /^hearth_console_\d+=[\w-]{43}; Path=\/_\/; Max-Age=1209600; HttpOnly; SameSite=Strict$/;

describe('POST /_/session', () => {
  it('signs in by the token with a cookie that scripts, other sites and functions do not get', async () => {
    const console = await startConsole();
    const reply = await console.call('POST', '/_/session', { body: { token } });
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(reply.headers['set-cookie']).toEqual([expect.stringMatching(attributes)]);
    expect(reply.headers['cache-control']).toBe('no-store');
    const session = await console.call('GET', '/_/session', { headers: { cookie: cookieOf(reply) } });
    expect([session.status, session.body]).toEqual([
      200,
      { version: '1.2.3', functionsUrl: null, functionsPort: 4567, expiresAt: expect.any(Number) },
    ]);
  });

  it('signs in by a code once', async () => {
    const console = await startConsole();
    const code = console.code.make();
    const first = await console.call('POST', '/_/session', { body: { code } });
    expect([first.status, first.headers['set-cookie']?.length]).toEqual([204, 1]);
    const second = await console.call('POST', '/_/session', { body: { code } });
    expect([second.status, second.headers['set-cookie']]).toEqual([401, undefined]);
    expect(second.body).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
  });

  it.each([{ token: 'wrong-token' }, { code: 'wrong-code' }, { code: '' }, { token: '' }])('answers 401 for %j', async (body) => {
    const console = await startConsole();
    console.code.make();
    const reply = await console.call('POST', '/_/session', { body });
    expect([reply.status, reply.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it.each([{}, { token, code: 'both' }, { token: 1 }, { token: 'x'.repeat(5000) }])(
    'refuses a body that is no sign-in (%#)',
    async (body) => {
      const console = await startConsole();
      expect((await console.call('POST', '/_/session', { body })).status).toBeOneOf([400, 413]);
    },
  );

  it('holds an address back after ten failures, even with the right token, but neither a code nor /v1', async () => {
    const console = await startConsole();
    const attempt = (given: string) => console.call('POST', '/_/session', { body: { token: given } });
    for (let count = 0; count < 10; count++) expect((await attempt('wrong-token')).status).toBe(401);
    const held = await attempt(token);
    expect([held.status, held.body]).toMatchObject([429, { error: { code: 'TOO_MANY_ATTEMPTS' } }]);
    expect(Number(held.headers['retry-after'])).toBeGreaterThan(0);
    expect((await console.call('GET', '/v1/functions', { token })).status).toBe(200);
    expect((await console.call('POST', '/_/session', { body: { code: console.code.make() } })).status).toBe(204);
  });

  it('counts the clients of a trusted proxy one by one, and those who only say that they are behind one as one', async () => {
    const behind = await startConsole({ trusted: ['127.0.0.1'] });
    const attempt = (console: typeof behind, client: string, given: string) =>
      console.call('POST', '/_/session', { body: { token: given }, headers: { 'x-forwarded-for': `${token}, ${client}` } });
    for (let count = 0; count < 10; count++) await attempt(behind, '192.0.2.1', 'wrong-token');
    expect((await attempt(behind, '192.0.2.1', token)).status).toBe(429);
    expect((await attempt(behind, '192.0.2.2', token)).status).toBe(204);
    const direct = await startConsole();
    for (let count = 0; count < 10; count++) await attempt(direct, `192.0.2.${count}`, 'wrong-token');
    expect((await attempt(direct, '192.0.2.99', token)).status).toBe(429);
  });

  it.each([
    [['127.0.0.1'], true],
    [[], false],
  ])('says Secure when a proxy among %j says that it came by TLS: %s', async (trusted, secure) => {
    const console = await startConsole({ trusted });
    const headers = { 'x-forwarded-proto': 'https' };
    const reply = await console.call('POST', '/_/session', { body: { token }, headers });
    expect(reply.headers['set-cookie']?.[0]?.endsWith('; Secure')).toBe(secure);
  });

  it('names the cookie by the port at which the browser has the console: several under one host name keep theirs', async () => {
    const console = await startConsole();
    const enter = (headers: Record<string, string>) => console.call('POST', '/_/session', { body: { token }, headers });
    const ask = async (cookie: string, headers = {}) =>
      (await console.call('GET', '/_/session', { headers: { ...headers, cookie } })).status;
    const cookies = [
      cookieOf(await enter({})),
      cookieOf(await enter({ host: 'localhost:4002' })),
      cookieOf(await enter({ host: 'localhost' })),
    ];
    const names = [`hearth_console_${console.port}`, 'hearth_console_4002', 'hearth_console'];
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(names);
    const all = cookies.join('; ');
    expect([await ask(all), await ask(all, { host: 'localhost:4002' }), await ask(all, { host: 'localhost' })]).toEqual([200, 200, 200]);
    const [own = '', ...others] = cookies;
    expect([await ask(own), await ask(others.join('; '))]).toEqual([200, 401]);
    const ended = await console.call('DELETE', '/_/session', { headers: { cookie: all } });
    expect(cookieOf(ended)).toBe(`hearth_console_${console.port}=`);
    expect([await ask(all), await ask(all, { host: 'localhost:4002' })]).toEqual([401, 200]);
  });

  it('logs no secret', async () => {
    const console = await startConsole();
    const code = console.code.make();
    const cookie = await console.signIn();
    await console.call('POST', '/_/session', { body: { token: 'wrong-token' } });
    await console.call('POST', '/_/session', { body: { code } });
    await console.call('PUT', '/_/api/v1/functions/a', { headers: { cookie }, body: { source: 'export default () => 1;' } });
    for (const secret of [token, 'wrong-token', code, cookie.slice(cookie.indexOf('=') + 1)]) expect(console.logs()).not.toContain(secret);
  });
});

describe('GET /_/session', () => {
  it('says where functions are when the host was told', async () => {
    const functionsUrl = 'https://api.example.com';
    const console = await startConsole({ functionsUrl });
    const session = await console.call('GET', '/_/session', { headers: { cookie: await console.signIn() } });
    expect(session.body).toMatchObject({ functionsUrl, functionsPort: 4567 });
  });
});

describe('DELETE /_/session', () => {
  it('ends the session and takes the cookie away', async () => {
    const console = await startConsole();
    const cookie = await console.signIn();
    const other = await console.signIn();
    const reply = await console.call('DELETE', '/_/session', { headers: { cookie } });
    expect(reply.status).toBe(204);
    expect(reply.headers['set-cookie']).toEqual([`hearth_console_${console.port}=; Path=/_/; Max-Age=0; HttpOnly; SameSite=Strict`]);
    expect((await console.call('GET', '/_/session', { headers: { cookie } })).status).toBe(401);
    expect((await console.call('GET', '/_/api/v1/functions', { headers: { cookie } })).status).toBe(401);
    expect((await console.call('GET', '/_/session', { headers: { cookie: other } })).status).toBe(200);
  });

  it('ends the log streams of the session, and no others', async () => {
    const console = await startConsole();
    const [cookie, other] = [await console.signIn(), await console.signIn()];
    const follow = (own: string) =>
      open({ port: console.port, method: 'GET', path: '/_/api/v1/logs/stream', token: null, headers: { cookie: own } });
    const [mine, theirs] = [await follow(cookie), await follow(other)];
    expect([mine.statusCode, mine.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const ended = new Promise((resolve) => mine.once('error', resolve).once('end', resolve).resume());
    await console.call('DELETE', '/_/session', { headers: { cookie } });
    await ended;
    expect(theirs.destroyed).toBe(false);
    theirs.destroy();
  });
});

describe('/_/api/v1', () => {
  it('answers as /v1 does, for the cookie', async () => {
    const console = await startConsole();
    const headers = { cookie: await console.signIn() };
    const source = 'export default () => 1;';
    const published = await console.call('PUT', '/_/api/v1/functions/a%2Fb', { headers, body: { source } });
    expect([published.status, published.body]).toMatchObject([201, { revision: 1 }]);
    const [own, direct] = [
      await console.call('GET', '/_/api/v1/functions/a%2Fb?x=1', { headers }),
      await console.call('GET', '/v1/functions/a%2Fb?x=1', { token }),
    ];
    expect([own.status, own.body]).toEqual([200, direct.body]);
    const missing = await console.call('GET', '/_/api/v1/none', { headers });
    expect([missing.status, missing.body]).toMatchObject([404, { error: { code: 'ROUTE_NOT_FOUND', path: '/v1/none' } }]);
  });

  it('takes no bearer token, and finds the valid cookie among several', async () => {
    const console = await startConsole();
    expect((await console.call('GET', '/_/api/v1/functions', { token })).status).toBe(401);
    const cookie = `hearth_console_${console.port}=forged; ${await console.signIn()}; other=1`;
    expect((await console.call('GET', '/_/api/v1/functions', { headers: { cookie } })).status).toBe(200);
  });

  it.each(['/v1/functions', '/metrics', '/_/../v1/functions', '/_/api/../../v1/functions', '/_/api//v1/functions', '/_/api/metrics'])(
    'is the only way in for the cookie: %s refuses it',
    async (path) => {
      const console = await startConsole();
      const headers = { cookie: await console.signIn() };
      expect((await console.call('GET', path, { headers })).status).toBeOneOf([401, 404]);
      expect((await console.call('GET', `http://other${path}`, { headers })).status).toBeOneOf([401, 404]);
    },
  );

  it('answers 401 for all below /_/ without a session', async () => {
    const console = await startConsole();
    for (const path of ['/_/session', '/_/api/v1/functions', '/_/source?uri=x', '/_/none']) {
      expect([path, (await console.call('GET', path)).status]).toEqual([path, 401]);
    }
  });
});

describe('/_/source', () => {
  it('answers the text of a declaration file', async () => {
    const files: Record<string, string> = { 'file:///lib/a b.d.ts': 'declare const ä: 1;' };
    const console = await startConsole({ language: { connect: () => {}, readSource: async (uri) => files[uri] } });
    const headers = { cookie: await console.signIn() };
    const found = await console.call('GET', `/_/source?uri=${encodeURIComponent('file:///lib/a b.d.ts')}`, { headers });
    expect([found.status, found.text, found.headers['content-type']]).toEqual([200, 'declare const ä: 1;', 'text/plain; charset=utf-8']);
    const missing = await console.call('GET', '/_/source?uri=file:///etc/passwd', { headers });
    expect([missing.status, missing.body]).toMatchObject([404, { error: { code: 'SOURCE_NOT_FOUND' } }]);
  });
});
