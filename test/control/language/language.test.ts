import { readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLanguage } from '../../../runtime/control/language/language.ts';
import { LanguageHost, listOf, uriOf } from './editor.ts';

const app = {
  a: `import cloud from '@lafjs/cloud';\nimport { b } from '@/a/b';\nexport default async (ctx: FunctionContext) => {\n  const x: string = b;\n  ctx.;\n  cloud.;\n  return x;\n};`,
  'a/b': 'export const b = 1;\nexport async function main(ctx) { try { return ctx.body.x } catch (error) { return error.message } }',
};

describe('connect()', () => {
  it('tells the errors of a function among the live ones, and none for parameters without a type', async () => {
    const host = await LanguageHost.start(app);
    const editor = await host.edit();
    editor.open('a', app.a.replaceAll(/^ {2}(?:ctx|cloud)\.;$/gm, ''));
    expect(await editor.errors('a')).toEqual(["Type 'number' is not assignable to type 'string'."]);
    expect(await editor.errors('a/b')).toEqual([]);
  });

  it('says nothing of missing types, and infers those of lists and of what begins as null', async () => {
    const source = `let timer = null;\nexport function f(a, { b }) { const list = []; list.push(a); timer = b; return [list, a[b]] }\nreturn;`;
    const host = await LanguageHost.start({});
    const editor = await host.edit();
    editor.open('a', source);
    const found = await editor.errors('a');
    expect(found).toEqual([expect.stringContaining("'return' statement")]);
    expect((await host.language.check([{ name: 'a', source }])).map(({ message }) => message)).toEqual(found);
  });

  it('completes the context and the SDK', async () => {
    const host = await LanguageHost.start(app);
    const editor = await host.edit();
    editor.open('a', app.a);
    const context = await editor.complete('a', '  ctx.');
    expect(context.map(({ label }) => label)).toEqual(expect.arrayContaining(['requestId', 'body', 'socket']));
    const sdk = await editor.complete('a', '  cloud.');
    expect(sdk.map(({ label }) => label)).toEqual(expect.arrayContaining(['shared', 'mongo', 'sockets']));
    const { result } = await editor.ask('completionItem/resolve', sdk.find(({ label }) => label === 'shared') ?? {});
    expect(result).toMatchObject({ detail: expect.stringContaining('Map<string, any>') });
  });

  it('shows and finds what is meant, in functions, the SDK and packages', async () => {
    const host = await LanguageHost.start(
      app,
      {},
      {
        'packages/package.json': '{"dependencies":{"own":"1.0.0"}}',
        'packages/node_modules/own/package.json': '{"name":"own","version":"1.0.0","types":"own.d.ts"}',
        'packages/node_modules/own/own.d.ts': '/** Of the app. */\nexport declare const own: number;',
      },
    );
    const editor = await host.edit();
    const source = `import { own } from 'own';\nimport { MongoClient } from 'mongodb';\nimport WebSocket from 'ws';\nconst s: string = own, m: string = new MongoClient(''), w: string = new WebSocket('');\nfetch(s + m + w);`;
    editor.open('a', app.a);
    editor.open('c', source);
    expect(await editor.errors('c')).toHaveLength(3);
    expect(await editor.at('hover', 'c', '{ ow')).toMatchObject({ contents: { value: expect.stringContaining('Of the app.') } });
    const found = async (name: string, mark: string): Promise<unknown> =>
      listOf({ list: await editor.at('definition', name, mark) }, 'list')[0]?.['uri'];
    expect(await found('a', '{ b')).toBe(uriOf('a/b'));
    expect(await found('a', 'import clou')).toBe('file:///app/sdk/index.ts');
    expect(await found('c', '{ ow')).toBe('file:///lib/app/own/own.d.ts');
    expect(await found('c', '{ Mongo')).toBe('file:///lib/host/mongodb/mongodb.d.ts');
    const fetched = await found('c', 'fetc');
    expect(fetched).toBe('file:///lib/host/%40types/node/web-globals/fetch.d.ts');
    expect(await host.language.readSource(String(fetched))).toContain('fetch');
    expect(editor.received.join()).not.toContain(host.dir);
    expect(editor.received.join()).not.toContain(encodeURI(host.dir));
    expect(editor.received.join()).not.toContain(process.cwd());
  });

  it('takes back what its own answers said of files', async () => {
    const host = await LanguageHost.start({ ...app, 'lib/dates': 'export function toDay(): string { return ""; }' });
    const editor = await host.edit();
    editor.open('a', 'export default () => toDa;\nnew MongoClien;');
    for (const [mark, label, specifier] of [
      ['toDa', 'toDay', '@/lib/dates'],
      ['MongoClien', 'MongoClient', 'mongodb'],
    ] as const) {
      const items = await editor.complete('a', mark);
      const { result } = await editor.ask('completionItem/resolve', items.find((item) => item['label'] === label) ?? {});
      expect(JSON.stringify(result)).toMatch(new RegExp(`import \\{ ${label} \\} from \\\\?['"]${specifier}`));
    }
  });

  it('sees what is published, also into new folders and names that were free', async () => {
    const host = await LanguageHost.start(app);
    const editor = await host.edit();
    editor.open('a', `import { b } from './a/b';\nimport { fresh } from '@/new/fresh';\nexport const n: number = b + fresh;`);
    expect(await editor.errors('a')).toEqual([expect.stringContaining("Cannot find module '@/new/fresh'")]);
    const refreshed = editor.heard('workspace/diagnostic/refresh');
    host.language.functionsChanged(
      [
        { name: 'a/b', source: `export const b = 'text';` },
        { name: 'new/fresh', source: 'export const fresh = 1;' },
      ],
      [],
    );
    await refreshed;
    expect(await editor.errors('a')).toEqual(["Type 'string' is not assignable to type 'number'."]);
    const again = editor.heard('workspace/diagnostic/refresh');
    host.language.functionsChanged([], ['a/b']);
    await again;
    expect(await editor.errors('a')).toEqual([expect.stringContaining("Cannot find module './a/b'")]);
  });

  it('keeps to the files that can be when functions have names that no two files can have', async () => {
    const host = await LanguageHost.start({ x: 'export const x = 1;', 'x.ts/y': '', ['n'.repeat(255)]: '', '.dot/f': '', 'f.js': '' });
    const editor = await host.edit();
    editor.open('.dot/f', `import { x } from '../x';\nexport const y: string = x;`);
    expect(await editor.errors('.dot/f')).toEqual(["Type 'number' is not assignable to type 'string'."]);
    expect(host.logs).toEqual([]);
  });

  it.each([
    ['textDocument/definition', { textDocument: { uri: 'file:///etc/passwd' }, position: { line: 0, character: 0 } }, -32602],
    ['textDocument/hover', { textDocument: { uri: 'file:///app/../etc/passwd' }, position: { line: 0, character: 0 } }, -32602],
    ['textDocument/hover', { textDocument: { uri: 'file:///app/%2e%2e/x.ts' }, position: { line: 0, character: 0 } }, -32602],
    ['textDocument/hover', { textDocument: { uri: 'file:///appendix/x.ts' }, position: { line: 0, character: 0 } }, -32602],
    ['textDocument/hover', { textDocument: { uri: 'file://host/app/x.ts' }, position: { line: 0, character: 0 } }, -32602],
    ['completionItem/resolve', { label: 'x', data: { fileName: '/etc/passwd', position: 0, name: 'x' } }, -32602],
    ['workspace/executeCommand', { command: 'x' }, -32601],
    ['workspace/didChangeWatchedFiles', { changes: [] }, -32601],
    ['custom/runGC', {}, -32601],
  ])('refuses %s with %j', async (method, params, code) => {
    const host = await LanguageHost.start({});
    const editor = await host.edit();
    expect(await editor.ask(method, params)).toMatchObject({ error: { code } });
  });

  it('passes over what is no message', async () => {
    const host = await LanguageHost.start(app);
    const editor = await host.edit();
    for (const text of ['', '{', '[]', '1', 'null', '{"id":{}}', '{"method":1}']) editor.send(text);
    expect(await editor.errors('a/b')).toEqual([]);
  });

  it('closes with 1012 when the language server dies', async () => {
    const host = await LanguageHost.start({});
    const editor = await host.edit();
    for (const pid of host.language.status().pids) process.kill(pid, 'SIGKILL');
    expect(await editor.closed).toEqual({ code: 1012, reason: 'language server restarted' });
    expect(host.language.status().pids).toEqual([]);
  });

  it('closes the longest idle one with 4408 when there are too many', async () => {
    const host = await LanguageHost.start(app, { limits: { sessions: 2 } });
    const first = await host.edit();
    const second = await host.edit();
    await first.errors('a/b');
    const third = await host.edit();
    expect((await second.closed).code).toBe(4408);
    expect(await first.errors('a/b')).toEqual([]);
    expect(await third.errors('a/b')).toEqual([]);
  });

  it('closes as many as there are too many when they come at once', async () => {
    const host = await LanguageHost.start({}, { limits: { sessions: 2 } });
    const editors = await Promise.all(Array.from({ length: 6 }, () => host.connect()));
    const closed = await Promise.all(editors.slice(0, 4).map((editor) => editor.closed));
    expect(closed.map(({ code }) => code)).toEqual([4408, 4408, 4408, 4408]);
  });

  it.each(['initialize', 'textDocument/hover'])('closes with 1009 when %s is nested too deeply', async (method) => {
    const host = await LanguageHost.start({});
    const editor = await host.connect();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    editor.send(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"capabilities":{"a":${deep}}}}`);
    expect((await editor.closed).code).toBe(1009);
  });

  it('closes with 4408 when nothing is said for long', async () => {
    const host = await LanguageHost.start({}, { limits: { idleTime: 50 } });
    const editor = await host.connect();
    expect((await editor.closed).code).toBe(4408);
  });

  it('closes with 1009 when a message is too large', async () => {
    const host = await LanguageHost.start({}, { limits: { messageLimit: 1000 } });
    const editor = await host.connect();
    editor.tell('initialized', { text: 'x'.repeat(1000) });
    expect((await editor.closed).code).toBe(1009);
  });

  it('closes with 4501 when there is no TypeScript, and says so once in the log', async () => {
    const host = await LanguageHost.start({}, { compiler: undefined });
    const editor = await host.connect();
    expect((await editor.closed).code).toBe(4501);
    expect(host.logs).toHaveLength(1);
    expect(host.language.status().available).toBe(false);
  });

  it('ends the process when the browser goes away', async () => {
    const host = await LanguageHost.start({});
    const editor = await host.edit();
    expect(host.language.status().pids).toHaveLength(1);
    editor.leave();
    await vi.waitFor(() => expect(host.language.status().pids).toEqual([]));
  });

  it.runIf(process.platform === 'linux')('gives the process nothing of the environment', async () => {
    process.env['ADMIN_TOKEN'] = 'environment-of-the-host';
    const host = await LanguageHost.start({});
    delete process.env['ADMIN_TOKEN'];
    await host.edit();
    const [pid] = host.language.status().pids;
    const variables = await readFile(`/proc/${pid}/environ`, 'utf8');
    expect(variables).toContain('GOMEMLIMIT');
    expect(variables).not.toContain('environment-of-the-host');
  });
});

describe('createLanguage()', () => {
  it('writes the functions when somebody asks for the first time, as they are by then', async () => {
    const { dir, language } = await LanguageHost.start({ gone: '', stays: 'export const n = 1;' });
    language.functionsChanged([{ name: 'new', source: 'export const t = "text";' }], ['gone']);
    expect(await readdir(dir)).toEqual([]);
    const source = `import { n } from '@/stays';\nimport { t } from '@/new';\nexport const sum: number = n + t;`;
    expect(await language.check([{ name: 'asks', source }])).toMatchObject([{ function: 'asks', line: 3 }]);
    expect((await readdir(join(dir, 'workspace/app/functions'))).toSorted()).toEqual(['new.ts', 'stays.ts']);
  });

  it('says why nothing could be written, and tries again', async () => {
    const host = await LanguageHost.start({}, {}, { 'blocked/file': '' });
    const language = createLanguage({
      dir: join(host.dir, 'blocked/file/workspace'),
      sdk: fileURLToPath(new URL('../../../sdk/', import.meta.url)),
      packagesDir: join(host.dir, 'packages'),
      functions: [],
      log: () => {},
    });
    onTestFinished(() => language.close());
    const check = (): Promise<unknown> => language.check([{ name: 'a', source: 'export const n = 1;' }]);
    await expect(check()).rejects.toMatchObject({ code: 'CHECK_FAILED' });
    await rm(join(host.dir, 'blocked/file'));
    expect(await check()).toEqual([]);
  });
});

describe('packagesChanged()', () => {
  it('has editors come back', async () => {
    const host = await LanguageHost.start({});
    const editor = await host.edit();
    host.language.packagesChanged();
    expect((await editor.closed).code).toBe(1012);
  });
});

describe('readSource()', () => {
  it('reads declarations of the SDK, of packages and of TypeScript', async () => {
    const { language } = await LanguageHost.start({});
    expect(await language.readSource('file:///app/sdk/context.ts')).toContain('interface FunctionContext');
    expect(await language.readSource('file:///lib/host/ws/package.json')).toContain('"ws"');
  });

  it.each([
    'file:///app/functions/a.ts',
    'file:///app/tsconfig.json',
    'file:///app/sdk/../tsconfig.json',
    'file:///app/sdk/%2e%2e/tsconfig.json',
    'file:///lib/host/../../package.json',
    'file:///lib/host/..%2f..%2fpackage.json',
    'file:///lib/app/link.json',
    'file:///lib/app/large.d.ts',
    'file:///lib/host/ws/index.js',
    'file:///lib/host/ws',
    'file:///etc/hostname',
    '/etc/hostname',
    'file:///app/sdk/context.ts?x',
    'file:///lib/host/\0.ts',
    'nonsense',
  ])('answers nothing for %j', async (uri) => {
    const { language, dir } = await LanguageHost.start({ a: '1' }, {}, { 'secret.json': '{}', 'packages/node_modules/x.d.ts': '' });
    await symlink(join(dir, 'secret.json'), join(dir, 'packages/node_modules/link.json'));
    await writeFile(join(dir, 'packages/node_modules/large.d.ts'), ' '.repeat(2 * 1024 * 1024 + 1));
    expect(await language.readSource(uri)).toBeUndefined();
  });
});
