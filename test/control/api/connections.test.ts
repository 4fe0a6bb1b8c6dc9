import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

describe('GET /v1/connections', () => {
  it("answers the worker's table", async () => {
    const host = await startHost();
    const reply = await host.call('GET', '/v1/connections');
    expect(reply.body).toMatchObject({ connections: [{ id: 'c1', user: { name: 'ann' }, buffered: 5, queued: 6 }], total: 3 });
  });

  it('asks for 1,000 of all, or for what it is told', async () => {
    const host = await startHost();
    await host.call('GET', '/v1/connections');
    await host.call('GET', '/v1/connections?filter=Ann&limit=7');
    expect(host.workerCalls).toEqual([
      ['connections', { limit: 1000 }],
      ['connections', { filter: 'Ann', limit: 7 }],
    ]);
  });

  it.each(['limit=0', 'limit=100001', 'limit=x', 'filter=', 'user=ann'])('answers 400 for %s', async (query) => {
    const host = await startHost();
    expect((await host.call('GET', `/v1/connections?${query}`)).body).toMatchObject({ error: { code: 'INVALID_QUERY' } });
  });
});

describe('POST /v1/connections/{id}/send', () => {
  it('sends text, and base64 as it is given', async () => {
    const host = await startHost();
    expect((await host.call('POST', '/v1/connections/c1/send', { data: 'héllo' })).status).toBe(204);
    expect((await host.call('POST', '/v1/connections/c1/send', { data: 'AQI=', encoding: 'base64' })).status).toBe(204);
    expect(host.workerCalls).toEqual([
      ['send', { connection: 'c1', data: 'héllo', encoding: 'utf8' }],
      ['send', { connection: 'c1', data: 'AQI=', encoding: 'base64' }],
    ]);
  });

  it.each([
    {},
    { data: 1 },
    { data: 'x', encoding: 'hex' },
    { data: 'A', encoding: 'base64' },
    { data: 'A=BC', encoding: 'base64' },
    { data: 'A-_=', encoding: 'base64' },
  ])('answers 400 for %j', async (body) => {
    const host = await startHost();
    expect((await host.call('POST', '/v1/connections/c1/send', body)).body).toMatchObject({ error: { code: 'INVALID_BODY' } });
    expect(host.workerCalls).toEqual([]);
  });

  it('answers 404 for a connection that is not open', async () => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/connections/no%2Fne/send', { data: '' });
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'CONNECTION_NOT_FOUND', id: 'no/ne' } }]);
  });
});

describe('DELETE /v1/connections/{id}', () => {
  it('closes with 1000 or what is asked for', async () => {
    const host = await startHost();
    expect((await host.call('DELETE', '/v1/connections/c1')).status).toBe(204);
    expect((await host.call('DELETE', '/v1/connections/c1?code=4001&reason=go%20away')).status).toBe(204);
    expect(host.workerCalls).toEqual([
      ['disconnect', { connection: 'c1', code: 1000, reason: '' }],
      ['disconnect', { connection: 'c1', code: 4001, reason: 'go away' }],
    ]);
  });

  it.each([
    'code=999',
    'code=1005',
    'code=1006',
    'code=2000',
    'code=5000',
    'code=',
    'code=0x3e8',
    'code=x',
    'cod=1000',
    `reason=${'%C3%A9'.repeat(62)}`,
  ])('answers 400 for %s', async (query) => {
    const host = await startHost();
    const reply = await host.call('DELETE', `/v1/connections/c1?${query}`);
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_QUERY' } }]);
    expect(host.workerCalls).toEqual([]);
  });

  it('answers 404 for a connection that is not open', async () => {
    const host = await startHost();
    expect((await host.call('DELETE', '/v1/connections/c2')).body).toMatchObject({ error: { code: 'CONNECTION_NOT_FOUND', id: 'c2' } });
  });
});
