import { describe, expect, it } from 'vitest';
import { RealWorkers } from './real-workers.ts';

const answering = (text: string): string => `export default () => '${text}';`;
/** No guard reaches it: only the end of the worker does. */
const hang = "new Function('for (;;);')()";

describe('stage()', () => {
  it('changes nothing until activate(), which reaches the serving worker and the standby', async () => {
    await using workers = await RealWorkers.start({ a: answering('1') });
    await expect.poll(() => workers.supervisor.status().standby).toBe('ready');
    const next = await workers.build('a', 2, answering('2'));
    const stage = await workers.supervisor.stage(1, { functions: [next], deleted: [] }, []);
    expect(await workers.call('a')).toBe('200 1');
    workers.live = [next];
    await stage.activate({ functions: [next], deleted: [] });
    expect(await workers.call('a')).toBe('200 2');
    process.kill(workers.pid, 'SIGKILL');
    expect(await workers.call('a').catch(() => workers.call('a'))).toBe('200 2');
  });

  it('rejects with LOAD_FAILED and the place when the code throws, and leaves what is live', async () => {
    await using workers = await RealWorkers.start({ a: answering('1') });
    const broken = await workers.build('a', 2, "\nthrow new Error('no luck');");
    await expect(workers.supervisor.stage(1, { functions: [broken], deleted: [] }, [])).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      diagnostics: [{ function: 'a', line: 2 }],
    });
    expect(await workers.call('a')).toBe('200 1');
  });

  it('rejects with LOAD_FAILED when the code ends the worker, whose successor serves what was live', async () => {
    await using workers = await RealWorkers.start({ a: answering('1') });
    const { pid } = workers;
    const broken = await workers.build('a', 2, `${hang};`);
    await expect(workers.supervisor.stage(1, { functions: [broken], deleted: [] }, [])).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      diagnostics: [{ function: 'a', line: 1 }],
    });
    await expect.poll(() => workers.pid).toBeGreaterThan(0);
    expect(workers.pid).not.toBe(pid);
    expect(await workers.call('a')).toBe('200 1');
    expect(workers.quarantine.list()).toEqual([]);
  });

  it('leaves nothing of what is discarded', async () => {
    await using workers = await RealWorkers.start({ a: answering('1') });
    const next = await workers.build('a', 2, answering('2'));
    (await workers.supervisor.stage(1, { functions: [next], deleted: [] }, [])).discard();
    await expect(workers.supervisor.call('activate', { stage: 1, revisions: [] })).rejects.toThrow();
    expect(await workers.call('a')).toBe('200 1');
  });
});

describe('a function that ends its worker', () => {
  it('is disabled with a crash report that names its line, and the others go on', async () => {
    await using workers = await RealWorkers.start({ a: answering('1'), bad: `export default () => {\n  ${hang};\n};` });
    await workers.call('bad').catch(() => {});
    await expect.poll(() => workers.crashes).toHaveLength(1);
    expect(workers.crashes[0]).toMatchObject({ cause: 'stuck', quarantined: true, place: { function: 'bad', revision: 1, line: 2 } });
    expect(await workers.call('a')).toBe('200 1');
    expect(await workers.call('bad')).toContain('503 {"error"');
    expect(workers.supervisor.status()).toMatchObject({ restarts: 1, quarantined: [{ name: 'bad', revision: 1 }] });
    expect(workers.lines).toContain('bad, revision 1, is disabled until you publish a new revision');
  });
});
