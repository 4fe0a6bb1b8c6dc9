import { describe, expect, it } from 'vitest';
import { stuckFunction } from './fakes.ts';
import { startHost } from './host.ts';

const url = 'http://127.0.0.1:4000/';

describe('PUT /v1/functions/{name}', () => {
  it('answers 201 for a new function, then 200', async () => {
    const host = await startHost();
    const made = await host.call('PUT', '/v1/functions/hello', { source: 'one', note: 'first' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({ name: 'hello', revision: 1, url: `${url}hello`, tookMs: expect.any(Number), diagnostics: [] });
    const changed = await host.call('PUT', '/v1/functions/hello', { source: 'two' });
    expect([changed.status, changed.body]).toMatchObject([200, { revision: 2 }]);
  });

  it('decodes the name once, from one segment', async () => {
    const host = await startHost();
    const made = await host.call('PUT', '/v1/functions/a%2Fb', { source: 's' });
    expect(made.body).toMatchObject({ name: 'a/b', url: `${url}a/b` });
    expect((await host.call('GET', '/v1/functions/a%2Fb')).body).toMatchObject({ name: 'a/b' });
    expect((await host.call('PUT', '/v1/functions/a%252Fb', { source: 's' })).body).toMatchObject({ error: { code: 'INVALID_NAME' } });
    expect((await host.call('PUT', '/v1/functions/a/b', { source: 's' })).status).toBe(404);
  });

  const invalid = ['', '..%2Fetc', 'a%2F..%2Fb', '%2Fabs', 'sp%20ace', 'a%00b', '%', '%E0%A4%A', '%2e%2e', 'x'.repeat(300), 'a%2F'];
  it.each(invalid)('answers 400 for the name %j, before the body is looked at', async (name) => {
    const host = await startHost();
    const reply = await host.call('PUT', `/v1/functions/${name}`, undefined, { raw: 'no json' });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_NAME' } }]);
  });

  it('takes methods in any case, keeps them when absent, and null as all', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/m', { source: 's', methods: ['get', 'Post'] });
    expect((await host.call('GET', '/v1/functions/m')).body).toMatchObject({ methods: ['GET', 'POST'] });
    await host.call('PUT', '/v1/functions/m', { source: 't' });
    expect((await host.call('GET', '/v1/functions/m')).body).toMatchObject({ methods: ['GET', 'POST'] });
    await host.call('PUT', '/v1/functions/m', { source: 't', methods: null });
    expect((await host.call('GET', '/v1/functions/m')).body).toMatchObject({ methods: null });
    await host.call('PUT', '/v1/functions/m', { source: 't', methods: [] });
    expect((await host.call('GET', '/v1/functions/m')).body).toMatchObject({ methods: [] });
  });

  const refused: [string, unknown, string][] = [
    ['no source', {}, 'source'],
    ['a source that is no string', { source: 1 }, 'source'],
    ['an unknown method', { source: 's', methods: ['TRACE'] }, 'methods.0'],
    ['a method twice', { source: 's', methods: ['GET', 'get'] }, 'twice'],
    ['methods that are no list', { source: 's', methods: 'GET' }, 'methods'],
    ['a negative ifRevision', { source: 's', ifRevision: -1 }, 'ifRevision'],
    ['a fractional ifRevision', { source: 's', ifRevision: 1.5 }, 'ifRevision'],
    ['a note that is no string', { source: 's', note: {} }, 'note'],
    ['a misspelt property', { source: 's', ifRevison: 1 }, 'ifRevison'],
    ['half of a surrogate pair', { source: '\ud800' }, 'surrogate'],
  ];
  it.each(refused)('answers 400 for %s and says where', async (_what, body, place) => {
    const host = await startHost();
    const reply = await host.call('PUT', '/v1/functions/f', body);
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_BODY', message: expect.stringContaining(place) } }]);
    expect(host.publisher.edits).toEqual([]);
  });

  it('answers 413 for a source beyond the limit, counted in UTF-8 bytes', async () => {
    const host = await startHost();
    expect((await host.call('PUT', '/v1/functions/f', { source: 'é'.repeat(500) })).status).toBe(201);
    const reply = await host.call('PUT', '/v1/functions/f', { source: 'é'.repeat(501) });
    expect([reply.status, reply.body]).toMatchObject([413, { error: { code: 'SOURCE_TOO_LARGE', name: 'f', limit: 1000 } }]);
  });

  it('answers 409 with both revisions when ifRevision is stale', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/f', { source: 'a', ifRevision: 0 });
    const reply = await host.call('PUT', '/v1/functions/f', { source: 'b', ifRevision: 0 });
    expect([reply.status, reply.body]).toMatchObject([409, { error: { code: 'REVISION_CONFLICT', name: 'f', current: 1, expected: 0 } }]);
  });

  it.each([
    ['syntax error', 'BUILD_FAILED'],
    ['throws', 'LOAD_FAILED'],
  ])('answers 422 with diagnostics for a source that says %j', async (source, code) => {
    const host = await startHost();
    const reply = await host.call('PUT', '/v1/functions/f', { source });
    expect([reply.status, reply.body]).toMatchObject([
      422,
      { error: { code, diagnostics: [{ function: 'f', line: 1, column: 1, lineText: source }] } },
    ]);
  });

  it('answers 503 when no worker takes it', async () => {
    const host = await startHost();
    const reply = await host.call('PUT', '/v1/functions/f', { source: 'worker gone' });
    expect([reply.status, reply.body]).toMatchObject([503, { error: { code: 'WORKER_UNAVAILABLE' } }]);
  });
});

describe('GET /v1/functions', () => {
  it('lists the live functions without their sources', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/b', { source: 'é', note: 'n', methods: ['GET'] });
    await host.call('PUT', '/v1/functions/a', { source: '' });
    const { body } = await host.call('GET', '/v1/functions');
    const createdAt = new Date(1_700_000_000_000).toISOString();
    expect(body).toEqual({
      functions: [
        { name: 'a', revision: 1, methods: null, note: '', createdAt, size: 0, url: `${url}a`, imports: [] },
        { name: 'b', revision: 1, methods: ['GET'], note: 'n', createdAt, size: 2, url: `${url}b`, imports: [] },
      ],
    });
  });

  it('answers one function with its source', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/a', { source: 'code' });
    expect((await host.call('GET', '/v1/functions/a')).body).toMatchObject({ name: 'a', source: 'code', size: 4 });
  });

  it('says of a function that is disabled why, and what to go back to', async () => {
    const host = await startHost();
    for (const name of ['e', 'f', 'f']) await host.call('PUT', `/v1/functions/${name}`, { source: 's' });
    host.supervision = { ...host.supervision, quarantined: [stuckFunction] };
    const { reason, since, crash, previous } = stuckFunction;
    const quarantine = { reason, since, crash, previous };
    const one = await host.call('GET', '/v1/functions/f');
    expect(one.body).toMatchObject({ name: 'f', revision: 2, quarantine });
    const { body } = await host.call('GET', '/v1/functions');
    expect(body).toMatchObject({ functions: [{ name: 'e' }, { name: 'f', quarantine }] });
    expect(body).not.toMatchObject({ functions: [{ quarantine: expect.anything() }, {}] });
  });

  it('says nothing of a quarantine that another revision was in', async () => {
    const host = await startHost();
    for (const source of ['a', 'b', 'c']) await host.call('PUT', '/v1/functions/f', { source });
    host.supervision = { ...host.supervision, quarantined: [stuckFunction] };
    const { body } = await host.call('GET', '/v1/functions/f');
    expect(body).toMatchObject({ revision: 3 });
    expect(body).not.toHaveProperty('quarantine');
  });

  it('answers 404 for a function that is not live', async () => {
    const host = await startHost();
    const reply = await host.call('GET', '/v1/functions/none');
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'FUNCTION_NOT_FOUND', name: 'none' } }]);
  });
});

describe('DELETE /v1/functions/{name}', () => {
  it('answers 204 without a body, then 404', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/a', { source: 'code' });
    const reply = await host.call('DELETE', '/v1/functions/a');
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect((await host.call('GET', '/v1/functions/a')).status).toBe(404);
    expect((await host.call('DELETE', '/v1/functions/a')).body).toMatchObject({ error: { code: 'FUNCTION_NOT_FOUND', name: 'a' } });
  });
});
