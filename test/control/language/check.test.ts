import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LanguageHost } from './editor.ts';

const app = {
  lib: 'export const n: number = 1;',
  index: `export { n } from './lib.ts';`,
  far: `import { n } from '@/index';\nexport const m: number = n;`,
  apart: 'export const x: number = "wrong, and nobody asked";',
  legacy: `const db = 1;\nexports.main = async (ctx) => { try { return ctx.body + db } catch (e) { return e.message } }`,
  'legacy/two': `const db = 1;\nexports.main = async function (ctx: FunctionContext) { return new ObjectId(ctx.body.id) };`,
};

describe('check()', () => {
  it('finds nothing in functions that are right, the starter functions among them', async () => {
    const folder = fileURLToPath(new URL('../../../functions/', import.meta.url));
    const files = await readdir(folder);
    const starters = await Promise.all(
      files.map(async (file) => ({ name: file.replace(/\.ts$/, ''), source: await readFile(join(folder, file), 'utf8') })),
    );
    const { language } = await LanguageHost.start({});
    const drafts = [...starters, ...Object.entries(app).map(([name, source]) => ({ name, source }))];
    expect(await language.check(drafts.filter(({ name }) => name !== 'apart'))).toEqual([]);
  });

  it('tells where a type is wrong, from where to where', async () => {
    const { language, dir } = await LanguageHost.start(app);
    const source = `import cloud from 'hearth';\n\n  export const when: Date = cloud.appid;\r\n`;
    expect(await language.check([{ name: 'a/new', source }])).toEqual([
      {
        function: 'a/new',
        line: 3,
        column: 16,
        endLine: 3,
        endColumn: 20,
        message: "Type 'string' is not assignable to type 'Date'.",
        code: 2322,
        severity: 'error',
        lineText: '  export const when: Date = cloud.appid;',
      },
    ]);
    expect((await readdir(join(dir, 'workspace'))).filter((file) => file.startsWith('check'))).toEqual([]);
  });

  it('tells errors of the syntax', async () => {
    const { language } = await LanguageHost.start({});
    const [first] = await language.check([{ name: 'a', source: 'export const = 1;' }]);
    expect(first).toMatchObject({ function: 'a', line: 1, column: 14, code: 1134 });
  });

  it('tells what breaks in functions that import a draft by any way, and of no others', async () => {
    const { language } = await LanguageHost.start(app);
    const found = await language.check([{ name: 'lib', source: `export const n: string = '';` }]);
    expect(found.map(({ function: name, line, message }) => [name, line, message])).toEqual([
      ['far', 2, "Type 'string' is not assignable to type 'number'."],
    ]);
  });

  it('sees drafts that import each other, and messages without paths of the host', async () => {
    const { language, dir } = await LanguageHost.start(app);
    const found = await language.check([
      { name: 'x/one', source: `import { two } from '../two';\nimport three from '@/three';\nexport const one: string = two;` },
      { name: 'two', source: 'export const two = 2;' },
      { name: 'three', source: 'export const three = 3;' },
    ]);
    expect(found.map(({ code }) => code)).toEqual([2613, 2322]);
    expect(found[0]?.message).toContain('@/three');
    expect(JSON.stringify(found)).not.toContain(dir);
  });

  it('has more than are done at once wait for their turn', async () => {
    const { language } = await LanguageHost.start(app, { limits: { checks: 1 } });
    const sources = ['export const a: 1 = 2;', 'export const a: 1 = 1;', 'export const a: 1 = "";'];
    const found = await Promise.all(sources.map((source) => language.check([{ name: 'a', source }])));
    expect(found.map((diagnostics) => diagnostics.length)).toEqual([1, 0, 1]);
  });

  it('throws CHECK_FAILED when it takes too long, when there is no TypeScript, and once it is closed', async () => {
    const drafts = [{ name: 'a', source: '' }];
    const slow = await LanguageHost.start(app, { limits: { checkTime: 1 } });
    await expect(slow.language.check(drafts)).rejects.toMatchObject({ code: 'CHECK_FAILED', message: expect.stringContaining('1 ms') });
    const without = await LanguageHost.start(app, { compiler: undefined });
    await expect(without.language.check(drafts)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
    const closed = await LanguageHost.start(app);
    await closed.language.close();
    await expect(closed.language.check(drafts)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
  });
});
