import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { TestHost } from './host.ts';

const env = { WORKER_PERMISSIONS: 'restricted', WORKER_STUCK_MS: '600', FUNCTION_CPU_LIMIT_MS: '300' };

/** Answers what the expression throws, or what it is. */
const attempt = (imports: string, expression: string): string =>
  `${imports}\nexport default () => { try { return { value: String(${expression}) }; } catch (error: any) { return { code: error.code }; } };`;

it('WORKER_PERMISSIONS=restricted keeps functions from files and programs, and serves as always', async () => {
  await using host = await TestHost.start({ env });
  await host.publish('read', attempt("import { readFileSync } from 'node:fs';", "readFileSync('/etc/hostname')"));
  expect((await host.call('/read')).json).toEqual({ code: 'ERR_ACCESS_DENIED' });
  await host.publish('write', attempt("import { writeFileSync } from 'node:fs';", `writeFileSync('${host.dataDir}/x', '')`));
  expect((await host.call('/write')).json).toEqual({ code: 'ERR_ACCESS_DENIED' });
  await host.publish('exec', attempt("import { execSync } from 'node:child_process';", "execSync('echo hi')"));
  expect((await host.call('/exec')).json).toEqual({ code: 'ERR_ACCESS_DENIED' });
  const form = new FormData();
  form.set('file', new Blob(['uploaded']), 'a.txt');
  await host.publish(
    'upload',
    "import { readFileSync } from 'node:fs';\nexport default (ctx: FunctionContext) => readFileSync(ctx.files![0]!.path, 'utf8');",
  );
  expect((await host.call('/upload', { method: 'POST', body: form })).text).toBe('uploaded');
  const folder = join(host.dataDir, 'packages', 'node_modules', 'greeting');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), "module.exports = 'from a package';");
  await host.publish('packaged', "import greeting from 'greeting';\nexport default () => greeting;");
  expect((await host.call('/packaged')).text).toBe('from a package');
  const socket = await host.connect();
  socket.close();
});

it('WORKER_PERMISSIONS=restricted still stops loops, and names a function that is stuck', async () => {
  await using host = await TestHost.start({ env });
  await host.publish('loop', 'export default () => { for (;;); };');
  expect((await host.call('/loop')).json).toMatchObject({ code: 'CPU_LIMIT_EXCEEDED' });
  await host.publish('hang', "export default () => /^(a+)+\\1$/.test('a'.repeat(60) + '!');");
  await expect(host.call('/hang')).rejects.toThrow('fetch failed');
  await vi.waitFor(async () => expect((await host.call('/hang')).json).toMatchObject({ code: 'FUNCTION_QUARANTINED' }), {
    timeout: 15_000,
  });
  const { worker } = (await host.api('GET', '/v1/status')).json;
  // Nobody may look into such a process, so the line is not known.
  expect(worker.lastCrash).toMatchObject({ cause: 'stuck', place: { function: 'hang', revision: 1 } });
});
