import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

describe('POST /v1/publish', () => {
  it('publishes and deletes together', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/old', { source: 'x' });
    await host.call('PUT', '/v1/functions/b', { source: 'x' });
    const change = {
      functions: [
        { name: 'a/a', source: 'A', methods: ['get'] },
        { name: 'b', source: 'B', ifRevision: 1 },
      ],
      deleted: ['old'],
    };
    const reply = await host.call('POST', '/v1/publish', change);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      functions: [
        { name: 'a/a', revision: 1, url: 'http://127.0.0.1:4000/a/a', created: true, diagnostics: [] },
        { name: 'b', revision: 2, url: 'http://127.0.0.1:4000/b', created: false, diagnostics: [] },
      ],
      deleted: ['old'],
      tookMs: expect.any(Number),
    });
    expect((await host.call('GET', '/v1/functions/old')).status).toBe(404);
    expect((await host.call('GET', '/v1/functions/a%2Fa')).body).toMatchObject({ source: 'A', methods: ['GET'] });
  });

  it('takes the note at the top for each function without one', async () => {
    const host = await startHost();
    const functions = [
      { name: 'a', source: 'A' },
      { name: 'b', source: 'B', note: 'own' },
    ];
    await host.call('POST', '/v1/publish', { functions, note: 'all' });
    expect((await host.call('GET', '/v1/functions')).body).toMatchObject({ functions: [{ note: 'all' }, { note: 'own' }] });
  });

  it('deletes without publishing', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/old', { source: 'x' });
    expect((await host.call('POST', '/v1/publish', { deleted: ['old'] })).body).toMatchObject({ functions: [], deleted: ['old'] });
  });

  const one = { name: 'a', source: 'A' };
  const refused: [string, unknown, string][] = [
    ['an empty change', { functions: [] }, 'INVALID_BODY'],
    ['nothing at all', {}, 'INVALID_BODY'],
    ['a function twice', { functions: [one, one] }, 'INVALID_BODY'],
    ['a function in both lists', { functions: [one], deleted: ['a'] }, 'INVALID_BODY'],
    ['a deletion twice', { functions: [], deleted: ['a', 'a'] }, 'INVALID_BODY'],
    ['a function without a name', { functions: [{ source: 'A' }] }, 'INVALID_BODY'],
    ['a function without a source', { functions: [{ name: 'a' }] }, 'INVALID_BODY'],
    ['a bad name', { functions: [{ name: '../a', source: 'A' }] }, 'INVALID_NAME'],
    ['a bad name to delete', { functions: [one], deleted: [''] }, 'INVALID_NAME'],
  ];
  it.each(refused)('answers 400 for %s', async (_what, body, code) => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/publish', body);
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code } }]);
    expect(host.publisher.edits).toEqual([]);
  });

  it('answers the error of the one that fails', async () => {
    const host = await startHost();
    const send = async (functions: unknown, deleted: string[] = []) =>
      (await host.call('POST', '/v1/publish', { functions, deleted })).body;
    expect(await send([one, { name: 'b', source: 'x'.repeat(1001) }])).toMatchObject({ error: { code: 'SOURCE_TOO_LARGE', name: 'b' } });
    expect(await send([one, { name: 'b', source: 'syntax error' }])).toMatchObject({
      error: { code: 'BUILD_FAILED', diagnostics: [{ function: 'b' }] },
    });
    expect(await send([one], ['gone'])).toMatchObject({ error: { code: 'FUNCTION_NOT_FOUND', name: 'gone' } });
    expect(await send([{ ...one, ifRevision: 5 }])).toMatchObject({ error: { code: 'REVISION_CONFLICT' } });
  });
});
