import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

describe('POST /v1/check', () => {
  it('answers what is wrong, and how long it took', async () => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/check', { functions: [{ name: 'a/b', source: 'draft' }] });
    expect(reply.status).toBe(200);
    const place = { line: 1, column: 1, endLine: 1, endColumn: 2, lineText: 'draft' };
    expect(reply.body).toEqual({
      diagnostics: [{ function: 'a/b', ...place, message: 'wrong', code: 2322, severity: 'error' }],
      tookMs: expect.any(Number),
    });
  });

  it.each([
    ['a bad name', { functions: [{ name: '../a', source: '' }] }, 400, 'INVALID_NAME'],
    ['a name twice', { functions: ['a', 'a'].map((name) => ({ name, source: '' })) }, 400, 'INVALID_BODY'],
    ['no function', { functions: [] }, 400, 'INVALID_BODY'],
    ['a source that is too large', { functions: [{ name: 'a', source: 'x'.repeat(1001) }] }, 413, 'SOURCE_TOO_LARGE'],
  ])('refuses %s', async (_, body, status, code) => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/check', body);
    expect([reply.status, reply.body]).toMatchObject([status, { error: { code } }]);
  });
});
