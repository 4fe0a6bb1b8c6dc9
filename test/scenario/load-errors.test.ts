import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { TestHost } from './host.ts';

const shared = "import cloud from '@lafjs/cloud';\n";

async function loadErrorOf(host: TestHost, name: string) {
  const { json } = await host.api('GET', '/v1/functions');
  return json.functions.find((one: { name: string }) => one.name === name)?.loadError;
}

/** A package in the app's folder whose main file is this. */
async function addPackage(host: TestHost, name: string, main: string, type = 'commonjs'): Promise<void> {
  const dir = join(host.dataDir, 'packages', 'node_modules', name);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name, version: '1.0.0', type, main: 'index.js' }));
  await writeFile(join(dir, 'index.js'), main);
}

it('a refused batch names each function that does not load once, at its own line, also when a package threw', async () => {
  await using host = await TestHost.start();
  await addPackage(host, 'throws-text', "module.exports = null;\nthrow 'no stack';");
  await addPackage(
    host,
    'throws-early',
    "const error = new Error('made by the package'); error.stack = 'Error: made by the package'; throw error;",
  );
  await addPackage(host, 'bad-syntax', 'module.exports = {;');
  await addPackage(host, 'throws-late', "await null;\nthrow new Error('after an await');", 'module');
  await host.publish('helper', 'export const check = (value: any) => {\n  return value.key;\n};');
  const functions = [
    { name: 'fine', source: 'export default () => 1;' },
    { name: 'text', source: "// one\nimport x from 'throws-text';\nexport default () => x;" },
    { name: 'early', source: "// one\n// two\nimport x from 'throws-early';\nexport default () => x;" },
    { name: 'syntax', source: "\n\n\nconst x = require('bad-syntax');\nexport default () => x;" },
    { name: 'missing', source: "import x from 'there-is-no-such-package';\nexport default () => x;" },
    { name: 'late', source: "\nimport x from 'throws-late';\nexport default () => x;" },
    { name: 'calls', source: "import { check } from '@/helper';\n\nexport const key = check(undefined);\nexport default () => key;" },
    { name: 'uses', source: "import { key } from '@/calls';\nexport default () => key;" },
  ];
  const refused = await host.api('POST', '/v1/publish', { functions });
  expect(refused.json.error.code).toBe('LOAD_FAILED');
  const { diagnostics } = refused.json.error;
  expect(diagnostics.map((one: { function: string; line: number }) => [one.function, one.line])).toEqual([
    ['text', 2],
    ['early', 3],
    ['syntax', 4],
    ['missing', 1],
    ['late', 2],
    ['calls', 3],
  ]);
  expect(diagnostics[5].message).toContain('(thrown in helper, line 2)');
  expect(diagnostics[3].message).toContain('there-is-no-such-package');
  expect((await host.api('GET', '/v1/functions/fine')).status).toBe(404);
});

it('what does not load is kept when asked, marked until it has loaded, and survives a takeover and a restart of the host', async () => {
  await using host = await TestHost.start();
  const late = `${shared}const { key } = cloud.shared.get('late') as any;\nexport default () => key;`;
  const keep = { onLoadError: 'keep' };
  expect((await host.api('PUT', '/v1/functions/late', { source: late })).json.error.code).toBe('LOAD_FAILED');
  const kept = await host.api('PUT', '/v1/functions/late', { source: late, ...keep });
  expect(kept.status).toBe(201);
  expect(kept.json.loadError).toMatchObject({ function: 'late', line: 2, lineText: expect.stringContaining("get('late')") });
  expect((await host.api('PUT', '/v1/functions/bad', { source: 'export default (', ...keep })).json.error.code).toBe('BUILD_FAILED');
  expect((await host.api('PUT', '/v1/functions/loop', { source: 'for (;;) {}', ...keep })).json.loadError.message).toContain(
    'ran for more than',
  );
  await host.publish('fresh', late, keep);
  expect(await loadErrorOf(host, 'fresh')).toMatchObject({ function: 'fresh', line: 2 });
  expect((await host.call('/late')).status).toBe(500);
  await host.publish('__init__', `${shared}export default async () => { cloud.shared.set('late', { key: 'k' }); };`);
  expect(await loadErrorOf(host, 'late')).toMatchObject({ line: 2 });
  expect((await host.api('POST', '/v1/worker/init')).json).toEqual({ tookMs: expect.any(Number) });
  expect((await host.call('/late')).text).toBe('k');
  // Its first use is the one that loads it.
  expect((await host.call('/fresh')).text).toBe('k');
  for (const name of ['late', 'fresh']) await vi.waitFor(async () => expect(await loadErrorOf(host, name)).toBeUndefined());
  await host.api('POST', '/v1/worker/restart');
  expect((await host.call('/late')).text).toBe('k');
  await host.end();
  await using again = await TestHost.start({ dataDir: host.dataDir });
  expect((await again.call('/late')).text).toBe('k');
  await vi.waitFor(async () => expect(await loadErrorOf(again, 'late')).toBeUndefined());
  expect(await loadErrorOf(again, 'loop')).toMatchObject({ function: 'loop' });
});

it('__init__ run again answers what it throws with its line, that it takes too long, and that there is none', async () => {
  await using host = await TestHost.start({ env: { INIT_TIMEOUT_MS: '300' } });
  const init = async () => (await host.api('POST', '/v1/worker/init')).json;
  expect((await init()).error).toMatchObject({ code: 'FUNCTION_NOT_FOUND', name: '__init__' });
  await host.publish('__init__', "export default async () => {\n  await null;\n  throw new Error('no database');\n};");
  expect((await init()).error).toMatchObject({
    code: 'INIT_FAILED',
    diagnostics: [{ function: '__init__', line: 3, message: 'Error: no database' }],
  });
  await host.publish('__init__', 'export default () => new Promise(() => {});');
  expect((await init()).error.code).toBe('INIT_TIMEOUT');
  expect((await host.call('/nobody')).status).toBe(404);
});
