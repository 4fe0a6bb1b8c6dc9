import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RealWorkers } from './real-workers.ts';

const pid = { pid: 'export default () => String(process.pid);' };

describe('WorkerPool', () => {
  it('serves by one worker, with a standby of another process', async () => {
    await using workers = await RealWorkers.start(pid);
    expect(await workers.call('pid')).toBe(`200 ${workers.pid}`);
    await expect.poll(() => workers.supervisor.status().standby).toBe('ready');
    expect(workers.supervisor.status()).toMatchObject({ worker: { state: 'serving' }, restarts: 0 });
  });

  it('lets the standby take over when the serving worker is killed', async () => {
    await using workers = await RealWorkers.start(pid);
    const first = workers.pid;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => workers.supervisor.status().restarts).toBe(1);
    // It waits in the port's backlog until the standby accepts.
    expect(await workers.call('pid')).not.toBe(`200 ${first}`);
    await expect.poll(() => workers.supervisor.status().standby).toBe('ready');
  });

  it('restart() loses no request, and several at a time are one', async () => {
    await using workers = await RealWorkers.start(pid);
    const first = workers.pid;
    const end = new AbortController();
    const seen: string[] = [];
    const client = (async () => {
      while (!end.signal.aborted) {
        seen.push(await workers.call('pid'));
        await delay(2);
      }
    })();
    await Promise.all([workers.supervisor.restart('a test'), workers.supervisor.restart('a test')]);
    end.abort();
    await client;
    expect(workers.pid).not.toBe(first);
    expect(new Set(seen.map((one) => one.slice(0, 3)))).toEqual(new Set(['200']));
    expect(workers.lines.filter((line) => line.includes('is being replaced: a test'))).toHaveLength(1);
    // Its end was asked for.
    expect(workers.crashes).toEqual([]);
  });

  it('stop() ends the workers, and rejects calls from then on with WORKER_UNAVAILABLE', async () => {
    await using workers = await RealWorkers.start(pid);
    const last = workers.pid;
    await workers.supervisor.stop();
    expect(workers.supervisor.status().worker).toEqual({ state: 'stopped' });
    await expect(workers.supervisor.call('connections', { limit: 1 })).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
    await expect.poll(() => isAlive(last)).toBe(false);
  });
});

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    return false;
  }
}
