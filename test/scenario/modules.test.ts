import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { nextMessage, TestHost } from './host.ts';

let host: TestHost;

async function write(file: string, text: string): Promise<void> {
  const path = join(host.dataDir, 'packages', file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function install(name: string, manifest: object, files: Readonly<Record<string, string>>): Promise<void> {
  await write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', ...manifest }));
  for (const [file, text] of Object.entries(files)) await write(`node_modules/${name}/${file}`, text);
}

beforeAll(async () => {
  host = await TestHost.start();
  await install('only-import', { exports: { '.': { import: './i.mjs' } } }, { 'i.mjs': "export const kind = 'only import';" });
  const slow = "export const kind = await new Promise((resolve) => setTimeout(resolve, 20, 'slow')); export default kind;";
  await install('slow', { type: 'module', exports: './i.js' }, { 'i.js': slow });
  await install('later', { type: 'module', exports: './i.js' }, { 'i.js': slow });
  await install('closed', { exports: { '.': './i.js' } }, { 'i.js': "exports.kind = 'closed';", 'inner.js': '' });
  await install('throws', { type: 'module', exports: './i.js' }, { 'i.js': "await 1;\nthrow new Error('does not load');" });
  await write('beside.mjs', "export const kind = await Promise.resolve('beside');");
  await write('beside.json', '{"kind":"data"}');
  await host.publish('lib/kinds', "export const kind = 'function';");
});

afterAll(() => host[Symbol.asyncDispose]());

/** The one error that a function has logged. */
function errorOf(
  name: string,
): Promise<{ readonly line: number; readonly column: number; readonly message: string; readonly stack: string }> {
  const find = async () => {
    const { logs } = (await host.api('GET', `/v1/logs?function=${name}&level=error`)).json;
    expect(logs).toHaveLength(1);
    return logs[0];
  };
  return vi.waitFor(find, { timeout: 10_000 });
}

/** What a function's handler answers. */
async function answerOf(expression: string, before = ''): Promise<unknown> {
  await host.publish('lib/probe', `${before}\nexport default async () => ({ value: ${expression} });`);
  const { status, json, text } = await host.call('/lib/probe');
  return status === 200 ? json.value : text;
}

it('import() is Node’s: packages, URLs, top-level await, attributes, and functions beside them', async () => {
  const specifiers: Readonly<Record<string, string>> = {
    "'only-import'": 'only import',
    "'slow'": 'slow',
    "'closed'": 'closed',
    "'data:text/javascript,export const kind = await 4'": '4',
    "new URL('./../beside.mjs', import.meta.url)": 'beside',
    "import.meta.resolve('../beside.mjs')": 'beside',
    "'@/lib/kinds'": 'function',
    "'./' + 'kinds'": 'function',
  };
  for (const [specifier, expected] of Object.entries(specifiers))
    expect([specifier, await answerOf(`(await import(${specifier})).kind`)]).toEqual([specifier, expected === '4' ? 4 : expected]);
  expect(await answerOf("(await import(new URL('../beside.json', import.meta.url).href, { with: { type: 'json' } })).default.kind")).toBe(
    'data',
  );
  expect(await answerOf("typeof (await import('@lafjs/cloud')).default.shared.get")).toBe('function');
  expect(await answerOf("(await new Function('id', 'return import(id)')('only-import')).kind")).toBe('only import');
  expect(await answerOf("(await eval('import(`slow`)')).kind")).toBe('slow');
  expect(await answerOf("(await import('node:process')).default === process && (await import('fs')).readFileSync.name")).toBe(
    'readFileSync',
  );
});

it('a static import takes ES modules of every form, after a restart too', async () => {
  const before =
    "import { kind as only } from 'only-import';\nimport slow, { kind } from 'slow';\nimport * as all from 'slow';\nimport 'slow';";
  expect(await answerOf('[only, slow, kind, all.kind]', before)).toEqual(['only import', 'slow', 'slow', 'slow']);
  await host.publish('lib/user', "import probe from './probe';\nexport default probe;");
  await host.publish(
    '__websocket__',
    "import { kind } from 'later';\nexport const upgrade = () => ({ id: kind });\nexport default ({ socket, user, method }: any) => method === 'WebSocket:message' && socket.send(user.id + kind);",
  );
  await host.publish(
    '__interceptor__',
    "import { kind } from 'later';\nexport default (ctx: any, next: any) => (ctx.query.stop ? { value: kind } : next(ctx));",
  );
  await host.api('POST', '/v1/worker/restart');
  expect((await host.call('/lib/user?stop=1')).json).toEqual({ value: 'slow' });
  await host.api('POST', '/v1/worker/restart');
  const socket = await host.connect();
  socket.send('now');
  expect(await nextMessage(socket)).toBe('slowslow');
  socket.close();
  const answers = await Promise.all(['/lib/user', '/lib/probe', '/lib/user'].map((path) => host.call(path)));
  expect(answers.map(({ json }) => json.value[3])).toEqual(['slow', 'slow', 'slow']);
  const run = await host.api('POST', '/v1/functions/draft/run', {
    source: "import { kind } from 'later'; export default () => kind;",
    request: {},
  });
  expect(run.json.response?.body ?? run.text).toBe('slow');
  await host.api('DELETE', '/v1/functions/__interceptor__');
});

it('errors of packages are shown as themselves', async () => {
  const refusals: Readonly<Record<string, RegExp>> = {
    "import inner from 'closed/inner.js'; export default () => inner;": /Package subpath '.\/inner.js' is not defined by "exports"/,
    "const slow = require('slow'); export default () => slow;": /require\(\) cannot be used on an ESM graph with top-level await/,
    "import x from 'throws'; export default () => x;": /does not load/,
    "import x from 'nobody-has-this'; export default () => x;": /Cannot find module 'nobody-has-this'/,
  };
  for (const [source, reason] of Object.entries(refusals)) {
    const functions = [
      { name: 'innocent', source: 'export default () => 1;' },
      { name: 'refused', source: `// first\n\n${source}` },
    ];
    const refused = await host.api('POST', '/v1/publish', { functions });
    expect([refused.status, refused.json.error.code]).toEqual([422, 'LOAD_FAILED']);
    expect(refused.json.error.message).toMatch(reason);
    expect(refused.json.error.diagnostics).toMatchObject([{ function: 'refused', line: 3 }]);
  }
  for (const [id, code] of [
    ['closed/inner.js', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
    ['nobody-has-this', 'ERR_MODULE_NOT_FOUND'],
  ])
    expect(await answerOf(`await import('${id}').catch((error) => error.code)`)).toBe(code);
});

it('what import() rejects with is logged at its position', async () => {
  await host.publish('lib/lost', "export default async () => {\n  return import('nobody-has-this');\n};");
  expect((await host.call('/lib/lost')).status).toBe(500);
  const line = await errorOf('lib/lost');
  expect(line).toMatchObject({ line: 2, column: 10, message: expect.stringContaining("Cannot find package 'nobody-has-this'") });
  expect(line.stack).not.toMatch(/at \//);
});

it('import.meta serves createRequire() and files, and the position of an error stays right beside it', async () => {
  const before =
    "import { createRequire } from 'node:module'; import { readFileSync } from 'node:fs';\nconst require = createRequire(import.meta.url);";
  expect(await answerOf("[require('closed').kind, typeof require('axios').get, require('node:os').EOL]", before)).toEqual([
    'closed',
    'function',
    '\n',
  ]);
  expect(await answerOf("[require('@/lib/kinds').kind, require('./kinds').kind, require('../beside.json').kind]", before)).toEqual([
    'function',
    'function',
    'data',
  ]);
  expect(await answerOf("readFileSync(new URL('../beside.json', import.meta.url), 'utf8')", before)).toBe('{"kind":"data"}');
  expect(await answerOf("import.meta.filename === import.meta.dirname + '/probe.ts'")).toBe(true);
  await host.publish(
    'lib/thrower',
    "const process = [import.meta.url, 1];\nexport default async () => {\n  await import('./kinds'); throw new Error(process[0]);\n};",
  );
  expect((await host.call('/lib/thrower')).status).toBe(500);
  const line = await errorOf('lib/thrower');
  expect(line).toMatchObject({ function: 'lib/thrower', line: 3, column: 34 });
  expect(line.stack).toContain('lib/thrower.ts:3:34');
  expect(line.stack).not.toContain('hearth:');
});

it('the text of a function runs in a worker thread and in another context', async () => {
  const before = `import { Worker } from 'node:worker_threads'; import { once } from 'node:events'; import vm from 'node:vm';
    const work = async (n: number) => { const { EOL } = await import('node:os'); let sum = 0; for (let i = 0; i < n; i++) sum += i; return [sum, EOL]; };
    const program = \`(\${work})(5).then((value) => require('node:worker_threads').parentPort.postMessage(value));\`;`;
  expect(await answerOf('(await once(new Worker(program, { eval: true }), "message"))[0]', before)).toEqual([10, '\n']);
  expect(await answerOf('vm.runInNewContext(`(${(n: number) => { do n++; while (n < 5); return n; }})(1)`)', before)).toBe(5);
});
