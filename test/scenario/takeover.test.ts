import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type Answer, TestHost } from './host.ts';
import { Load, pidOf, workersOf } from './load.ts';

const patience = { timeout: 15_000, interval: 10 };

/** The serving worker, as soon as one serves that is not `former`. */
async function untilServedByAnother(host: TestHost, former: number): Promise<number> {
  return vi.waitFor(async () => {
    const { worker } = (await host.api('GET', '/v1/status')).json;
    expect(worker.state).toBe('serving');
    expect(worker.pid).not.toBe(former);
    return worker.pid as number;
  }, patience);
}

async function untilStandbyReady(host: TestHost): Promise<void> {
  await vi.waitFor(async () => expect((await host.api('GET', '/v1/status')).json.worker.standby).toBe('ready'), patience);
}

/** The pid of the worker that stands by. */
async function standbyOf(host: TestHost): Promise<number> {
  await untilStandbyReady(host);
  const serving = await host.workerPid();
  const [standby] = (await workersOf(pidOf(host.process))).filter((pid) => pid !== serving);
  if (standby === undefined) throw new Error('nobody stands by');
  return standby;
}

/** A call that is made again when the worker dies with the request in its hands. */
function callUntilAnswered(host: TestHost, path: string): Promise<Answer> {
  return vi.waitFor(() => host.call(path), patience);
}

describe('SIGKILL of the serving worker', () => {
  it('refuses no connection under load, and the status tells of the crash', async () => {
    await using host = await TestHost.start();
    await host.publish('probe', 'export default () => ({ pid: process.pid });');
    await untilStandbyReady(host);
    const pid = await host.workerPid();
    await using load = new Load({ port: host.port, path: '/probe', keepAlive: 6, fresh: 6 });
    await load.more(500);
    process.kill(pid, 'SIGKILL');
    const next = await untilServedByAnother(host, pid);
    await load.more(500);
    await load.stop();
    const { counts } = load;
    console.log(
      `takeover: longest wait for a response ${counts.longestWait.toFixed(0)} ms, longest time without one ${counts.longestGap.toFixed(0)} ms,`,
      `${counts.answered} answered, ${counts.reset} reset, ${counts.refused} refused`,
    );
    expect(counts.refused).toBe(0);
    expect([...counts.statuses.keys()]).toEqual([200]);
    // Each client has one request under way: no other can be lost.
    expect(counts.reset).toBeLessThanOrEqual(12);
    expect((await host.call('/probe')).json).toEqual({ pid: next });
    expect((await host.api('GET', '/v1/status')).json.worker).toMatchObject({
      pid: next,
      restarts: 1,
      lastCrash: { pid, signal: 'SIGKILL', code: null },
    });
  });

  it('three times in a row is survived', async () => {
    await using host = await TestHost.start();
    await using load = new Load({ port: host.port, path: '/hello', keepAlive: 1, fresh: 2 });
    let pid = await host.workerPid();
    for (let kill = 1; kill <= 3; kill++) {
      process.kill(pid, 'SIGKILL');
      pid = await untilServedByAnother(host, pid);
    }
    await load.more(50);
    await load.stop();
    expect(load.counts.refused).toBe(0);
    expect((await host.api('GET', '/v1/status')).json.worker.restarts).toBe(3);
  });

  it.skipIf(process.platform !== 'linux')('together with the standby, again and again, is survived', async () => {
    await using host = await TestHost.start();
    await using load = new Load({ port: host.port, path: '/hello', keepAlive: 1, fresh: 2 });
    await untilStandbyReady(host);
    for (let kill = 1; kill <= 3; kill++) {
      // Whatever it does: later rounds meet workers that are still starting.
      const pids = await vi.waitUntil(async () => {
        const found = await workersOf(pidOf(host.process));
        return found.length > 0 && found;
      }, patience);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    }
    await load.more(50);
    await load.stop();
    expect(load.counts.refused).toBe(0);
    await untilStandbyReady(host);
    expect((await host.call('/hello')).status).toBe(200);
  });

  it('with a request in its hands resets that request only', async () => {
    await using host = await TestHost.start();
    const marker = join(host.dataDir, 'begun');
    const source = `import { writeFileSync } from 'node:fs';\nexport default () => { writeFileSync(${JSON.stringify(marker)}, ''); return new Promise(() => {}); };`;
    await host.publish('pending', source);
    const lost = host.call('/pending').then(
      ({ status }) => `answered ${status}`,
      () => 'reset',
    );
    await vi.waitUntil(() => existsSync(marker), patience);
    process.kill(await host.workerPid(), 'SIGKILL');
    expect(await lost).toBe('reset');
    expect((await callUntilAnswered(host, '/hello')).status).toBe(200);
  });
});

describe('SIGKILL of the standby', () => {
  it.skipIf(process.platform !== 'linux')('disturbs nobody, and another one stands by', async () => {
    await using host = await TestHost.start();
    const serving = await host.workerPid();
    const standby = await standbyOf(host);
    await using load = new Load({ port: host.port, path: '/hello', keepAlive: 2, fresh: 2 });
    process.kill(standby, 'SIGKILL');
    await vi.waitFor(async () => expect(await standbyOf(host)).not.toBe(standby), patience);
    await load.more(50);
    await load.stop();
    expect(load.counts).toMatchObject({ refused: 0, reset: 0 });
    expect((await host.api('GET', '/v1/status')).json.worker).toMatchObject({ pid: serving, restarts: 0, lastCrash: null });
  });

  it.skipIf(process.platform !== 'linux')('does not keep its successor from taking over', async () => {
    await using host = await TestHost.start();
    const pid = await host.workerPid();
    const first = await standbyOf(host);
    process.kill(first, 'SIGKILL');
    const second = await vi.waitFor(async () => {
      const found = await standbyOf(host);
      expect(found).not.toBe(first);
      return found;
    }, patience);
    const revision = await host.publish('late', 'export default () => "published while it stood by";');
    expect(revision).toBe(1);
    process.kill(pid, 'SIGKILL');
    expect(await untilServedByAnother(host, pid)).toBe(second);
    expect((await callUntilAnswered(host, '/late')).text).toBe('published while it stood by');
  });
});

describe('a function that would end the process', () => {
  const calls = ['process.exit(0)', 'process.abort()', "process.kill(process.pid, 'SIGKILL')", 'process.kill(0)'];

  it('gets PROCESS_REFUSED, and the worker lives', async () => {
    await using host = await TestHost.start();
    const pid = await host.workerPid();
    for (const call of [...calls, ...calls.map((one) => `globalThis.${one}`)]) {
      await host.publish(
        'deadly',
        `export default () => { try { ${call}; } catch (error: any) { return { code: error.code }; } return 'alive'; };`,
      );
      expect({ call, ...(await host.call('/deadly')).json }).toEqual({ call, code: 'PROCESS_REFUSED' });
    }
    expect(await host.workerPid()).toBe(pid);
  });

  it('fails by itself when it does not catch that, at any time', async () => {
    await using host = await TestHost.start();
    const pid = await host.workerPid();
    await host.publish('aborts', 'export default () => process.abort();');
    expect((await host.call('/aborts')).status).toBe(500);
    await host.publish(
      'later',
      'export default () => new Promise((resolve) => { setImmediate(resolve); setTimeout(() => process.exit(1), 1); });',
    );
    expect((await host.call('/later')).status).toBe(200);
    await host.publish('rejects', 'export default () => { void Promise.reject(new Error("nobody awaits this")); return "fine"; };');
    expect((await host.call('/rejects')).text).toBe('fine');
    await vi.waitFor(async () => {
      const { text } = await host.api('GET', '/v1/logs?level=error');
      expect(text).toContain('process.exit() would stop or disturb the host');
      expect(text).toContain('nobody awaits this');
    }, patience);
    expect(await host.workerPid()).toBe(pid);
    expect((await host.api('GET', '/v1/status')).json.worker.restarts).toBe(0);
  });
});

describe('a publish in flight while the worker is killed', () => {
  it('is live when it answers success, changed nothing when it fails, and store and worker agree', async () => {
    await using host = await TestHost.start();
    const names = Array.from({ length: 8 }, (_, at) => `flight${at}`);
    const expected = new Map<string, number>();
    let failed = 0;
    for (let n = 1; n <= 3; n++) {
      const pid = await host.workerPid();
      const answers = names.map((name) => host.api('PUT', `/v1/functions/${name}`, { source: `export default () => ${n};` }));
      await sleep(Math.random() * 30);
      process.kill(pid, 'SIGKILL');
      for (const [at, answer] of (await Promise.all(answers)).entries()) {
        expect([200, 201, 503]).toContain(answer.status);
        if (answer.status === 503) failed++;
        else expected.set(names[at] ?? '', n);
      }
      await untilServedByAnother(host, pid);
      for (const name of names) {
        const live = expected.get(name);
        const [source, text] = live === undefined ? [undefined, 'Function Not Found'] : [`export default () => ${live};`, String(live)];
        expect((await host.api('GET', `/v1/functions/${name}`)).json.source).toBe(source);
        expect((await callUntilAnswered(host, `/${name}`)).text).toBe(text);
      }
    }
    console.log(`publishes amid three kills: ${failed} of ${3 * names.length} answered 503`);
  });
});

describe('a takeover', () => {
  it('runs __init__ once, before anything else is evaluated, and a top-level setInterval in one process only', async () => {
    await using host = await TestHost.start();
    const file = join(host.dataDir, 'diary');
    const head = `import { appendFileSync } from 'node:fs';\nconst note = (what: string) => appendFileSync(${JSON.stringify(file)}, process.pid + ' ' + what + '\\n');\n`;
    await host.publish('ticker', `${head}note('load');\nsetInterval(() => note('tick'), 5);\nexport default () => process.pid;`);
    const init = `${head}export default async () => { note('init'); await new Promise((resolve) => setTimeout(resolve, 200)); note('ready'); };`;
    await host.publish('__init__', init);
    await untilStandbyReady(host);
    const lines = async (): Promise<string[]> => (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    let pid = await host.workerPid();
    const pids = [pid];
    for (let takeover = 1; takeover <= 2; takeover++) {
      const before = (await lines()).length;
      // The standby has had all the time it needs to do what it must not.
      await vi.waitFor(async () => expect((await lines()).length).toBeGreaterThan(before + 20), patience);
      expect([...new Set((await lines()).map((line) => Number.parseInt(line, 10)))]).toEqual(pids);
      process.kill(pid, 'SIGKILL');
      const answer = await callUntilAnswered(host, '/ticker');
      pid = await untilServedByAnother(host, pid);
      pids.push(pid);
      expect(answer.text).toBe(String(pid));
      await untilStandbyReady(host);
    }
    const diary = await lines();
    for (const [at, one] of pids.entries()) {
      const own = diary.filter((line) => line.startsWith(`${one} `)).map((line) => line.slice(`${one} `.length));
      // The first worker was there before __init__ was published: it runs at the next start or takeover.
      expect(own.filter((what) => what !== 'tick')).toEqual(at === 0 ? ['load'] : ['init', 'ready', 'load']);
    }
    const order = diary.map((line) => pids.indexOf(Number.parseInt(line, 10)));
    expect(order, 'no two workers evaluate at the same time').toEqual(order.toSorted((a, b) => a - b));
    await rm(file);
  });
});
