import { describe, expect, it, vi } from 'vitest';
import { TestHost } from './host.ts';

// Neither a guard nor V8's linear engine reaches a regular expression with a backreference.
const hang = "/^(a+)+\\1$/.test('a'.repeat(60) + '!')";
// Long enough for the watchdog, which a busy machine holds up too, to ask whose code runs: this loop's guard says it.
const busy = 'for (const end = Date.now() + 1000; Date.now() < end; );';

const patience = { timeout: 20_000, interval: 20 };
const limits = { WORKER_STUCK_MS: '600', FUNCTION_CPU_LIMIT_MS: '400' };
const patientLimits = { WORKER_STUCK_MS: '2500', FUNCTION_CPU_LIMIT_MS: '2000' };

/** The newest crash report, once there is one. */
async function crashOf(host: TestHost): Promise<{ place?: { function: string }; quarantined: boolean; cause: string }> {
  return vi.waitFor(async () => {
    const { crashes } = (await host.api('GET', '/v1/crashes')).json;
    expect(crashes.length).toBeGreaterThan(0);
    return crashes.at(-1);
  }, patience);
}

describe.each(['full', 'restricted'])('with WORKER_PERMISSIONS=%s', (permissions) => {
  const env = { ...limits, WORKER_PERMISSIONS: permissions };
  const patientEnv = { ...patientLimits, WORKER_PERMISSIONS: permissions };

  it('a hang in __init__ is blamed on __init__, which is disabled, and the host serves', async () => {
    await using host = await TestHost.start({ env });
    await host.publish('fine', "export default () => 'fine'");
    await host.publish('__init__', `export default () => ${hang};`);
    void host.api('POST', '/v1/worker/restart');
    expect(await crashOf(host)).toMatchObject({ cause: 'stuck', place: { function: '__init__' }, quarantined: true });
    await vi.waitFor(async () => expect((await host.call('/fine')).text).toBe('fine'), patience);
  });

  it('a hang in a function called by cloud.invoke() is blamed on that function, not on its caller', async () => {
    await using host = await TestHost.start({ env });
    await host.publish('inner', `export default (ctx) => ctx.good ? 'good' : ${hang};`);
    await host.publish(
      'outer',
      "import cloud from '@lafjs/cloud';\nexport default (ctx) => cloud.invoke('inner', { good: ctx.query.good });",
    );
    expect((await host.call('/outer?good=1')).text).toBe('good');
    await host.call('/outer').catch(() => undefined);
    expect(await crashOf(host)).toMatchObject({ cause: 'stuck', place: { function: 'inner' }, quarantined: true });
    const { quarantined } = (await host.api('GET', '/v1/status')).json;
    expect(quarantined.map(({ name }: { name: string }) => name)).toEqual(['inner']);
  });

  it('a hang after an await in an invoked function is blamed on that function', async () => {
    await using host = await TestHost.start({ env: patientEnv });
    await host.publish('inner', `export default async () => { await null; ${busy} return ${hang}; };`);
    await host.publish('outer', "import cloud from '@lafjs/cloud';\nexport default async () => await cloud.invoke('inner', {});");
    await host.call('/outer').catch(() => undefined);
    expect(await crashOf(host)).toMatchObject({ cause: 'stuck', place: { function: 'inner' } });
  });

  it('a hang after an await in __init__ is blamed on __init__', async () => {
    await using host = await TestHost.start({ env: patientEnv });
    await host.publish('__init__', `export default async () => { await null; ${busy} return ${hang}; };`);
    void host.api('POST', '/v1/worker/restart');
    expect(await crashOf(host)).toMatchObject({ cause: 'stuck', place: { function: '__init__' } });
  });
});
