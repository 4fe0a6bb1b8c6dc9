import { describe, expect, it } from 'vitest';
import { type TestHost, startHost } from './host.ts';

async function withTwoRevisions(): Promise<TestHost> {
  const host = await startHost();
  await host.call('PUT', '/v1/functions/f', { source: 'one', note: 'first', methods: ['GET'] });
  await host.call('PUT', '/v1/functions/f', { source: 'two!', methods: null });
  return host;
}

const at = (n: number): string => new Date(1_700_000_000_000 + n).toISOString();

describe('GET …/revisions', () => {
  it('answers the history, newest first, and which revision is live', async () => {
    const host = await withTwoRevisions();
    expect((await host.call('GET', '/v1/functions/f/revisions')).body).toEqual({
      revisions: [
        { revision: 2, note: '', createdAt: at(1), methods: null, size: 4, live: true },
        { revision: 1, note: 'first', createdAt: at(0), methods: ['GET'], size: 3, live: false },
      ],
    });
  });

  it('answers the history of a deleted function, none of it live', async () => {
    const host = await withTwoRevisions();
    await host.call('DELETE', '/v1/functions/f');
    expect((await host.call('GET', '/v1/functions/f/revisions')).body).toMatchObject({ revisions: [{ live: false }, { live: false }] });
  });

  it('answers 404 FUNCTION_NOT_FOUND when there never was such a function', async () => {
    const host = await startHost();
    const reply = await host.call('GET', '/v1/functions/f/revisions');
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'FUNCTION_NOT_FOUND' } }]);
    expect((await host.call('GET', '/v1/functions/f/revisions/1')).body).toMatchObject({ error: { code: 'FUNCTION_NOT_FOUND' } });
  });
});

describe('GET …/revisions/{n}', () => {
  it('answers the revision with its source', async () => {
    const host = await withTwoRevisions();
    const reply = await host.call('GET', '/v1/functions/f/revisions/1');
    expect(reply.body).toEqual({ revision: 1, note: 'first', createdAt: at(0), methods: ['GET'], size: 3, live: false, source: 'one' });
  });

  it.each(['3', '0', '-1', '1.5', '1e0', 'x', '99999999999999999999'])('answers 404 REVISION_NOT_FOUND for %j', async (n) => {
    const host = await withTwoRevisions();
    const reply = await host.call('GET', `/v1/functions/f/revisions/${n}`);
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'REVISION_NOT_FOUND', name: 'f', revision: n } }]);
  });
});

describe('POST …/rollback', () => {
  it('publishes the source and methods of the revision as a new one', async () => {
    const host = await withTwoRevisions();
    const reply = await host.call('POST', '/v1/functions/f/rollback', { revision: 1 });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ name: 'f', revision: 3, url: 'http://127.0.0.1:4000/f', tookMs: expect.any(Number), diagnostics: [] });
    expect((await host.call('GET', '/v1/functions/f')).body).toMatchObject({
      source: 'one',
      methods: ['GET'],
      note: 'rollback to revision 1',
    });
  });

  it('restores "all methods" too, and takes a note', async () => {
    const host = await withTwoRevisions();
    await host.call('PUT', '/v1/functions/f', { source: 'three', methods: ['POST'] });
    await host.call('POST', '/v1/functions/f/rollback', { revision: 2, note: 'oops' });
    expect((await host.call('GET', '/v1/functions/f')).body).toMatchObject({ source: 'two!', methods: null, note: 'oops' });
  });

  it('restores a deleted function', async () => {
    const host = await withTwoRevisions();
    await host.call('DELETE', '/v1/functions/f');
    expect((await host.call('POST', '/v1/functions/f/rollback', { revision: 1 })).status).toBe(200);
    expect((await host.call('GET', '/v1/functions/f')).body).toMatchObject({ revision: 3, source: 'one' });
  });

  it('answers 409 when ifRevision is stale', async () => {
    const host = await withTwoRevisions();
    const reply = await host.call('POST', '/v1/functions/f/rollback', { revision: 1, ifRevision: 1 });
    expect([reply.status, reply.body]).toMatchObject([409, { error: { code: 'REVISION_CONFLICT', current: 2, expected: 1 } }]);
  });

  it('answers 404 for a revision or function that is not there, and 400 for what is no revision', async () => {
    const host = await withTwoRevisions();
    expect((await host.call('POST', '/v1/functions/f/rollback', { revision: 9 })).body).toMatchObject({
      error: { code: 'REVISION_NOT_FOUND' },
    });
    expect((await host.call('POST', '/v1/functions/g/rollback', { revision: 1 })).body).toMatchObject({
      error: { code: 'FUNCTION_NOT_FOUND' },
    });
    expect((await host.call('POST', '/v1/functions/f/rollback', { revision: '1' })).body).toMatchObject({
      error: { code: 'INVALID_BODY' },
    });
    expect((await host.call('POST', '/v1/functions/f/rollback', {})).status).toBe(400);
  });
});
