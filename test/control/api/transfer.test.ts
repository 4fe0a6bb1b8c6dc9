import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { send } from './client.ts';
import { startHost } from './host.ts';

async function hostWithFunctions() {
  const host = await startHost();
  await host.call('PUT', '/v1/functions/a', { source: 'one', note: 'é', methods: ['GET'] });
  await host.call('PUT', '/v1/functions/a', { source: 'two' });
  await host.call('PUT', '/v1/functions/gone', { source: 'x' });
  await host.call('DELETE', '/v1/functions/gone');
  return host;
}

describe('GET /v1/export', () => {
  it('answers all functions with their histories, and the secret only on demand', async () => {
    const host = await hostWithFunctions();
    const reply = await host.call('GET', '/v1/export');
    expect(reply.body).toEqual({
      format: 'hearth-app',
      version: 1,
      hearth: '1.2.3',
      appId: 'app',
      exportedAt: expect.any(String),
      functions: [
        { name: 'a', live: 2, last: 2 },
        { name: 'gone', live: null, last: 1 },
      ],
      revisions: [
        { name: 'a', revision: 1, createdAt: '2023-11-14T22:13:20.000Z', methods: ['GET'], note: 'é', source: 'one' },
        { name: 'a', revision: 2, createdAt: '2023-11-14T22:13:20.001Z', methods: ['GET'], note: '', source: 'two' },
        { name: 'gone', revision: 1, createdAt: '2023-11-14T22:13:20.000Z', methods: null, note: '', source: 'x' },
      ],
    });
    expect((await host.call('GET', '/v1/export?secret=true')).body).toMatchObject({ serverSecret: 'sixteen-characters' });
    expect((await host.call('GET', '/v1/export?secret=false')).text).not.toContain('sixteen');
    expect((await host.call('GET', '/v1/export?secret=yes')).body).toMatchObject({ error: { code: 'INVALID_QUERY' } });
  });

  it.each([
    ['GET', '/v1/export'],
    ['POST', '/v1/import'],
  ])('%s %s answers 401 without the token', async (method, path) => {
    const host = await startHost();
    const reply = await send({ port: host.port, method, path, token: null });
    expect([reply.status, reply.text]).toEqual([401, expect.not.stringContaining('hearth-app')]);
  });
});

describe('POST /v1/import', () => {
  const exported = async (): Promise<string> => (await (await hostWithFunctions()).call('GET', '/v1/export')).text;

  it.each([
    ['plain', (text: string) => text],
    ['with gzip', gzipSync],
    ['in one line', (text: string) => JSON.stringify(JSON.parse(text))],
    ['in many lines', (text: string) => JSON.stringify(JSON.parse(text), null, '\t')],
  ])('takes an export %s', async (_, pack) => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/import', undefined, { raw: pack(await exported()), chunked: true });
    expect([reply.status, reply.body]).toMatchObject([
      200,
      {
        functions: [
          { name: 'a', outcome: 'added' },
          { name: 'gone', outcome: 'added' },
        ],
      },
    ]);
    expect(host.imports[0]?.options).toEqual({ mode: 'refuse', secret: false });
    expect(host.imports[0]?.app.functions[0]?.revisions[0]).toStrictEqual({
      name: 'a',
      revision: 1,
      source: 'one',
      methods: ['GET'],
      note: 'é',
      createdAt: 1_700_000_000_000,
    });
  });

  it('answers 409 IMPORT_CONFLICT with the names of functions that exist, live or deleted', async () => {
    const host = await hostWithFunctions();
    const reply = await host.call('POST', '/v1/import', undefined, { raw: await exported() });
    expect([reply.status, reply.body]).toMatchObject([409, { error: { code: 'IMPORT_CONFLICT', count: 2, names: 'a, gone' } }]);
    const { body } = await host.call('POST', '/v1/import?mode=publish', undefined, { raw: await exported() });
    expect(body).toMatchObject({ functions: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }] });
    expect(host.imports).toHaveLength(1);
  });

  it('answers 413 beyond its own limit, counted without gzip', async () => {
    const host = await startHost({ import: 200 });
    for (const raw of [await exported(), gzipSync(await exported())]) {
      const reply = await host.call('POST', '/v1/import', undefined, { raw });
      expect([reply.status, reply.body]).toMatchObject([413, { error: { code: 'BODY_TOO_LARGE', limit: 200 } }]);
    }
  });

  it('answers 400 IMPORT_INVALID for a text or a gzip that is cut anywhere', async () => {
    const host = await startHost();
    const text = await exported();
    const packed = gzipSync(text);
    for (let end = 0; end < text.trimEnd().length; end += 17) {
      const reply = await host.call('POST', '/v1/import', undefined, { raw: text.slice(0, end) });
      expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'IMPORT_INVALID' } }]);
    }
    for (let end = 1; end < packed.length; end += 23) {
      const reply = await host.call('POST', '/v1/import', undefined, { raw: packed.subarray(0, end) });
      expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'IMPORT_INVALID' } }]);
    }
    expect(host.imports).toEqual([]);
  });

  const entry = { name: 'a', revision: 1, createdAt: '2023-11-14T22:13:20.000Z', methods: null, note: '', source: '' };
  const whole = { format: 'hearth-app', version: 1, hearth: '1', appId: 'a', exportedAt: '2023-11-14T22:13:20.000Z' };
  const fine = { ...whole, functions: [{ name: 'a', live: 1, last: 1 }], revisions: [entry] };
  it.each<[string, unknown]>([
    ['another format', { format: 'other', version: 1 }],
    ['a package.json', { name: 'x', version: '1.0.0' }],
    ['a newer version', { ...fine, version: 2 }],
    ['a missing member', { format: 'hearth-app', functions: [], revisions: [] }],
    ['a member that is not known', { ...fine, more: 1 }],
    ['functions that are no list', { ...whole, functions: {}, revisions: [] }],
    ['a live revision that is missing', { ...fine, revisions: [] }],
    ['a revision above the last one', { ...fine, revisions: [entry, { ...entry, revision: 2 }] }],
    ['a revision twice', { ...fine, revisions: [entry, entry] }],
    ['a function twice', { ...fine, functions: [...fine.functions, ...fine.functions] }],
    ['revisions of no function', { ...fine, revisions: [entry, { ...entry, name: 'b' }] }],
    ['a name that is none', { ...fine, functions: [{ name: '../b', live: null, last: 1 }], revisions: [] }],
    ['half of a surrogate pair', { ...fine, revisions: [{ ...entry, source: '\ud800' }] }],
    ['a time that is none', { ...fine, revisions: [{ ...entry, createdAt: 'now' }] }],
    ['methods that are none', { ...fine, revisions: [{ ...entry, methods: ['a b'] }] }],
    ['a number that is none', { ...fine, revisions: [{ ...entry, revision: 1.5 }] }],
    ['a list', [fine]],
  ])('answers 400 IMPORT_INVALID for %s', async (_, body) => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/import', body);
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'IMPORT_INVALID' } }]);
    expect((await host.call('POST', '/v1/import', fine)).status).toBe(200);
  });

  it.each([
    ['text', 'hello'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe])],
    ['nothing', ''],
  ])('answers 400 IMPORT_INVALID for %s', async (_, raw) => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/import', undefined, { raw });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'IMPORT_INVALID' } }]);
  });
});
