import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type Answer, TestHost } from './host.ts';
import { Load } from './load.ts';

const patience = { timeout: 15_000, interval: 10 };

/** The status, once another worker than `former` serves. */
async function untilReplaced(host: TestHost, former: number) {
  return vi.waitFor(async () => {
    const status = (await host.api('GET', '/v1/status')).json;
    expect(status.worker.state).toBe('serving');
    expect(status.worker.pid).not.toBe(former);
    return status;
  }, patience);
}

/** Calls a function that takes its time and says by a file that it was called; resolves when it runs. */
async function callSlow(host: TestHost, ms: number): Promise<{ answer: Promise<Answer> }> {
  const marker = join(host.dataDir, 'called');
  const source = `import { writeFileSync } from 'node:fs';
export default () => {
  writeFileSync(${JSON.stringify(marker)}, '');
  return new Promise((resolve) => setTimeout(resolve, ${ms}, 'old'));
};`;
  await host.publish('slow', source);
  const answer = host.call('/slow');
  await vi.waitUntil(() => existsSync(marker), patience);
  return { answer };
}

describe('a restart of the worker', () => {
  const ways = [
    ['POST /v1/worker/restart', async (host: TestHost) => (await host.api('POST', '/v1/worker/restart')).status],
    ['SIGHUP', async (host: TestHost) => (host.process.kill('SIGHUP') ? 204 : 0)],
  ] as const;

  it.each(ways)('by %s loses no HTTP request, tells sockets when to come back, and is no crash', async (_, restart) => {
    await using host = await TestHost.start();
    await host.publish('slow', 'export default () => new Promise((resolve) => setTimeout(resolve, 20, process.pid));');
    const former = await host.workerPid();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => host.connect()));
    const closes = sockets.map(async (socket) => {
      const [code, reason] = await once(socket, 'close');
      return { code, ...JSON.parse(String(reason)) };
    });
    await using load = new Load({ port: host.port, path: '/slow', keepAlive: 8, fresh: 4 });
    await load.more(100);
    expect(await restart(host)).toBe(204);
    const status = await untilReplaced(host, former);
    await load.more(100);
    await load.stop();
    console.log(`restart: longest wait for a response ${load.counts.longestWait.toFixed(0)} ms`);
    expect(load.counts).toMatchObject({ refused: 0, reset: 0 });
    expect([...load.counts.statuses.keys()]).toEqual([200]);
    expect(status.worker).toMatchObject({ restarts: 0, lastCrash: null });
    for (const close of await Promise.all(closes)) expect(close).toEqual({ code: 1012, retryAfterMs: expect.any(Number) });
  });

  it('waits for calls under way, and publishes wait for it', async () => {
    await using host = await TestHost.start();
    const { answer } = await callSlow(host, 500);
    const restarted = host.api('POST', '/v1/worker/restart');
    const published = host.publish('slow', 'export default () => "new";');
    expect((await answer).text).toBe('old');
    expect((await restarted).status).toBe(204);
    expect(await published).toBe(2);
    expect((await host.call('/slow')).text).toBe('new');
  });

  it('says that the host is not ready while it lasts', async () => {
    await using host = await TestHost.start();
    const { answer } = await callSlow(host, 800);
    const restarted = host.api('POST', '/v1/worker/restart');
    await vi.waitFor(async () => {
      const ready = await host.api('GET', '/_/readyz');
      expect([ready.status, ready.json]).toEqual([503, { status: 'draining' }]);
    }, patience);
    expect((await answer).text).toBe('old');
    expect((await restarted).status).toBe(204);
    expect((await host.api('GET', '/_/readyz')).status).toBe(200);
  });
});
