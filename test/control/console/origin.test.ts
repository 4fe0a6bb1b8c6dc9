import { describe, expect, it } from 'vitest';
import { token } from '../api/client.ts';
import { startConsole, upgrade } from './host.ts';

const language = { connect: () => {}, readSource: async () => 'text' };

describe('checkOrigin()', () => {
  const foreign = (port: number): Record<string, string>[] => [
    { origin: 'http://evil.test' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${port - 1}` },
    { origin: `http://127.0.0.1:${port}.evil.test` },
    { origin: `http://localhost:${port}` },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' },
    { origin: 'http://a b', host: 'a b' },
  ];

  it('refuses whoever is not the console’s own page, be it signed in or not', async () => {
    const console = await startConsole({ language });
    const cookie = await console.signIn();
    for (const headers of foreign(console.port)) {
      const replies = [
        await console.call('GET', '/_/session', { headers: { ...headers, cookie } }),
        await console.call('GET', '/_/api/v1/functions', { headers: { ...headers, cookie } }),
        await console.call('POST', '/_/api/v1/publish', { headers: { ...headers, cookie }, body: {} }),
        await console.call('POST', '/_/session', { headers, body: { token } }),
      ];
      for (const reply of replies)
        expect([headers, reply.status, reply.body]).toMatchObject([{}, 403, { error: { code: 'ORIGIN_REFUSED' } }]);
      expect([headers, await upgrade(console.port, '/_/language', { ...headers, cookie })]).toEqual([headers, 403]);
    }
  });

  it('lets the console’s own page in', async () => {
    const console = await startConsole({ language });
    const cookie = await console.signIn();
    const own: Record<string, string>[] = [
      {},
      { origin: console.origin, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: `https://Console.test:${console.port}`, host: `console.test:${console.port}` },
    ];
    for (const headers of own) {
      const reply = await console.call('GET', '/_/session', { headers: { ...headers, cookie } });
      expect([headers, reply.status]).toEqual([headers, 200]);
    }
  });

  it('does not take a plain page for the one that came by TLS', async () => {
    const console = await startConsole({ trusted: ['127.0.0.1'] });
    const host = `console.test:${console.port}`;
    const headers = { cookie: await console.signIn(), host, 'x-forwarded-proto': 'https' };
    expect((await console.call('GET', '/_/session', { headers: { ...headers, origin: `http://${host}` } })).status).toBe(403);
    expect((await console.call('GET', '/_/session', { headers: { ...headers, origin: `https://${host}` } })).status).toBe(200);
  });

  it('leaves health, readiness and /v1 to whoever asks', async () => {
    const console = await startConsole();
    const headers = { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/_/healthz', '/_/readyz', '/v1/functions']) {
      expect([path, (await console.call('GET', path, { headers, token })).status]).toEqual([path, 200]);
    }
  });
});
