import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

const path = '/v1/worker/restart';

describe('POST /v1/worker/restart', () => {
  it('answers 204 without a body when the supervisor has restarted, and says who asked', async () => {
    const host = await startHost();
    const reply = await host.call('POST', path);
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(host.restarts).toEqual(['requested over the API']);
  });

  it('answers 503 when no worker serves', async () => {
    const host = await startHost();
    host.supervision = { ...host.supervision, worker: { state: 'stopped' } };
    const reply = await host.call('POST', path);
    expect([reply.status, reply.body]).toMatchObject([503, { error: { code: 'WORKER_UNAVAILABLE' } }]);
  });

  it('needs the token', async () => {
    const host = await startHost();
    expect((await host.call('POST', path, undefined, { token: null })).status).toBe(401);
    expect(host.restarts).toEqual([]);
  });
});

describe('POST /v1/worker/init', () => {
  it('answers how long __init__ took once it is done', async () => {
    const host = await startHost();
    const reply = await host.call('POST', '/v1/worker/init');
    expect([reply.status, reply.body]).toEqual([200, { tookMs: 12 }]);
  });

  it('answers 503 when no worker serves', async () => {
    const host = await startHost();
    host.supervision = { ...host.supervision, worker: { state: 'stopped' } };
    expect((await host.call('POST', '/v1/worker/init')).status).toBe(503);
  });
});
