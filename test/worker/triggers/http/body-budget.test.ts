import { expect, it } from 'vitest';
import { startHost } from './host.ts';

it('BodyBudget answers 503 BODIES_BUSY while the bodies under way leave no room, and takes the next one afterwards', async () => {
  const limit = 1_000_000;
  const host = await startHost(limit, { memory: 1 });
  try {
    const held: (() => void)[] = [];
    host.publish('hold', () => new Promise((resolve) => held.push(() => resolve('done'))));
    host.publish('f', () => 'taken');
    const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(limit - 1) };
    // One of the largest size always fits twice.
    const waiting = [host.fetch('/hold', init), host.fetch('/hold', init)];
    await expect.poll(() => held.length).toBe(2);
    const refused = await host.fetch('/f', init);
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
      503,
      '1',
      expect.objectContaining({ code: 'BODIES_BUSY' }),
    ]);
    for (const finish of held) finish();
    for (const response of await Promise.all(waiting)) expect(await response.text()).toBe('done');
    await expect.poll(async () => (await host.fetch('/f', init)).status).toBe(200);
  } finally {
    await host.close();
  }
});
