import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { TestHost } from './host.ts';

// Neither a guard nor V8's linear engine reaches a regular expression with a backreference.
const stuck = (answer: string): string =>
  `export default (ctx) => {\n  if (ctx.query.good) return '${answer}';\n  return /^(a+)+\\1$/.test('a'.repeat(60) + '!');\n};`;

const patience = { timeout: 15_000, interval: 20 };
const env = { WORKER_STUCK_MS: '600', FUNCTION_CPU_LIMIT_MS: '300' };

/** Calls a function that ends the worker; answers how the call ended. */
function callDeadly(host: TestHost, path: string): Promise<string> {
  return host.call(path).then(
    ({ status }) => `answered ${status}`,
    () => 'cut off',
  );
}

async function statusOf(host: TestHost) {
  return (await host.api('GET', '/v1/status')).json;
}

describe('a function that ends its worker', () => {
  it('is disabled with its reason, is not tried again, and is enabled by a rollback', async () => {
    await using host = await TestHost.start({ env });
    await host.publish('fine', "export default () => 'fine'");
    await host.publish('hang', "export default () => 'first'");
    await host.publish('hang', stuck('second'));
    const pid = await host.workerPid();
    const socket = await host.connect();
    const closed = once(socket, 'close');
    expect(await callDeadly(host, '/hang')).toBe('cut off');
    expect((await closed)[0]).toBe(1006);
    const off = await vi.waitFor(async () => {
      const answer = await host.call('/hang?good=1');
      expect(answer.status).toBe(503);
      return answer.json;
    }, patience);
    expect(off).toMatchObject({ code: 'FUNCTION_QUARANTINED' });
    expect(off.error).toContain('in hang, revision 2, line 3');
    expect((await host.call('/fine')).text).toBe('fine');
    const { worker, quarantined } = await statusOf(host);
    expect(worker).toMatchObject({ restarts: 1, lastCrash: { pid, cause: 'stuck', quarantined: true } });
    expect(worker.lastCrash.place).toEqual({ function: 'hang', revision: 2, line: 3, column: expect.any(Number) });
    expect(quarantined).toEqual([expect.objectContaining({ name: 'hang', revision: 2, previous: 1, crash: worker.lastCrash.id })]);
    const rollback = await host.api('POST', '/v1/functions/hang/rollback', { revision: 1 });
    expect(rollback.json).toMatchObject({ revision: 3 });
    expect((await host.call('/hang')).text).toBe('first');
    expect((await statusOf(host)).quarantined).toEqual([]);
  });

  it('leaves a crash report with its stack, the last lines of the log and the counters, also for the next host', async () => {
    await using host = await TestHost.start({ env });
    await host.publish('lib/match', `export const match = (text: string) => /^(a+)+\\1$/.test(text);`);
    await host.publish(
      'hang',
      "import { match } from '@/lib/match';\nexport default () => {\n  console.log('begins');\n  return match('a'.repeat(60) + '!');\n};",
    );
    await callDeadly(host, '/hang');
    const id = await vi.waitFor(async () => {
      const { crashes } = (await host.api('GET', '/v1/crashes')).json;
      expect(crashes).toHaveLength(1);
      return crashes[0].id;
    }, patience);
    const { json } = await host.api('GET', `/v1/crashes/${id}`);
    expect(json.stack).toEqual([expect.stringMatching(/^lib\/match\.ts:1:\d+$/), expect.stringMatching(/^hang\.ts:4:\d+$/)]);
    expect(json.place).toMatchObject({ function: 'lib/match', revision: 1, line: 1 });
    expect(json.logs.map(({ message }: { message: string }) => message)).toContain('begins');
    await host.end();
    await using next = await TestHost.start({ env, dataDir: host.dataDir });
    expect((await next.api('GET', `/v1/crashes/${id}`)).json).toEqual(json);
  });

  it('while a draft or a publish is tried spoils nothing but that', async () => {
    await using host = await TestHost.start({ env });
    await host.publish('hang', "export default () => 'first'");
    const run = await host.api('POST', '/v1/functions/hang/run', { source: stuck('draft') });
    expect([run.status, run.json.error.code]).toEqual([422, 'LOAD_FAILED']);
    expect(run.json.error.diagnostics).toEqual([
      expect.objectContaining({ function: 'hang', line: 3, lineText: expect.stringContaining('return /^') }),
    ]);
    const top = "const slow = /^(a+)+\\1$/.test('a'.repeat(60) + '!');\nexport default () => slow;";
    const publish = await host.api('PUT', '/v1/functions/hang', { source: top });
    expect([publish.status, publish.json.error.code]).toEqual([422, 'LOAD_FAILED']);
    expect(publish.json.error.diagnostics[0]).toMatchObject({ function: 'hang', line: 1 });
    expect((await host.call('/hang')).text).toBe('first');
    expect((await statusOf(host)).quarantined).toEqual([]);
  });

  it('whose guilt cannot be proven is disabled at its third death within a minute', async () => {
    await using host = await TestHost.start({ env: { ...env, WORKER_STUCK_MS: '60000' } });
    // Killed from outside while it runs: the host sees a dead worker and whose code was running.
    const begun = join(host.dataDir, 'begun');
    const source = stuck('alive').replace('return /', `appendFileSync(${JSON.stringify(begun)}, '.');\n  return /`);
    await host.publish('dies', `import { appendFileSync } from 'node:fs';\n${source}`);
    const blamed = async (): Promise<number> => {
      const { crashes } = (await host.api('GET', '/v1/crashes')).json;
      return crashes.filter(({ place }: { place?: { function: string } }) => place?.function === 'dies').length;
    };
    // A busy machine may not get to ask whose code runs before the end: such a death blames nobody.
    for (let death = 1; (await blamed()) < 3; death++) {
      expect((await statusOf(host)).quarantined).toEqual([]);
      const pid = await host.workerPid();
      const answer = callDeadly(host, '/dies');
      await vi.waitFor(async () => expect(await readFile(begun, 'utf8')).toHaveLength(death), patience);
      // Mostly long enough for the watchdog to have asked who runs.
      await new Promise((resolve) => setTimeout(resolve, 400));
      process.kill(pid, 'SIGKILL');
      expect(await answer).toBe('cut off');
      await vi.waitFor(async () => expect((await statusOf(host)).worker).toMatchObject({ state: 'serving', restarts: death }), patience);
    }
    expect((await host.call('/dies?good=1')).status).toBe(503);
    expect((await host.call('/hello')).status).toBe(200);
  });
});
