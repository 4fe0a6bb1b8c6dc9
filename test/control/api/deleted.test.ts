import { describe, expect, it } from 'vitest';
import { startHost } from './host.ts';

describe('GET /v1/deleted', () => {
  it('answers nothing while nothing is deleted', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/f', { source: 's' });
    expect((await host.call('GET', '/v1/deleted')).body).toEqual({ functions: [] });
  });

  it('answers each deleted function at its newest revision, until it is restored', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/kept', { source: 'k' });
    for (const source of ['one', 'three']) await host.call('PUT', '/v1/functions/lib%2Fgone', { source, note: source, methods: ['GET'] });
    await host.call('DELETE', '/v1/functions/lib%2Fgone');
    const gone = {
      name: 'lib/gone',
      revision: 2,
      note: 'three',
      methods: ['GET'],
      size: 5,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    };
    expect((await host.call('GET', '/v1/deleted')).body).toEqual({ functions: [gone] });
    await host.call('POST', '/v1/functions/lib%2Fgone/rollback', { revision: 2 });
    expect((await host.call('GET', '/v1/deleted')).body).toEqual({ functions: [] });
  });

  it('answers more of them than are read at a time', async () => {
    const host = await startHost();
    const names = Array.from({ length: 40 }, (_, n) => `f${String(n).padStart(2, '0')}`);
    await host.call('POST', '/v1/publish', { functions: names.map((name) => ({ name, source: 's' })) });
    await host.call('POST', '/v1/publish', { deleted: names });
    expect((await host.call('GET', '/v1/deleted')).body).toMatchObject({ functions: names.map((name) => ({ name })) });
  });
});
