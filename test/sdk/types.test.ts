import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-types-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the compiler says about a function written in an editor that knows the SDK; empty when all is well. */
async function check(name: string, source: string, files: readonly string[] = []): Promise<string> {
  const file = join(folder, `${name}.ts`);
  const sdk = join(root, 'sdk/index.ts');
  await writeFile(file, source);
  await writeFile(
    join(folder, `${name}.json`),
    JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        lib: ['es2023'],
        module: 'preserve',
        noEmit: true,
        strict: true,
        noImplicitReturns: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        allowImportingTsExtensions: true,
        skipLibCheck: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        paths: { '@lafjs/cloud': [sdk], '@/cloud-sdk': [sdk], hearth: [sdk], '@/*': [join(root, 'functions/*.ts')] },
      },
      files: [file, join(root, 'sdk/globals.d.ts'), ...files],
    }),
  );
  try {
    await promisify(execFile)(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '--pretty',
      'false',
      '-p',
      join(folder, `${name}.json`),
    ]);
    return '';
  } catch (error) {
    return String(Reflect.get(Object(error), 'stdout'));
  }
}

const lafCode = `
import cloud, { Cloud, CloudError, type FunctionContext as Context, type CloudSdkInterface } from '@lafjs/cloud';
import same from '@/cloud-sdk';
import named from 'hearth';
import hello from '@/hello';

interface User { name: string }
const db = cloud.database();
const _ = db.command;
const other: CloudSdkInterface = new Cloud();

export async function main(ctx: FunctionContext) {
  const { userId, age } = ctx.body;
  const id = ctx.user?.uid ?? ctx.auth?.uid ?? ctx.query.id ?? ctx.headers?.['x-real-ip'];
  const { data } = await db.collection('users').where({ age: _.gt(age) }).orderBy('age', 'desc').limit(10).getOne<User>();
  const { updated } = await db.collection('users').doc(id).update({ visits: _.inc(1) });
  const { total } = await db.collection('users').where({ name: /a/ }).count();
  const user = await cloud.mongo.db.collection<User>('users').findOne({ _id: new ObjectId(userId) });
  for await (const one of cloud.mongo.db.collection<User>('users').find({}).sort({ name: 1 })) console.log(one.name);
  const reply = await cloud.fetch({ url: 'https://example.com', method: 'post', data: { a: 1 }, responseType: 'json' });
  const { data: page } = await cloud.fetch.get<string>('https://example.com');
  const token = cloud.getToken({ uid: userId, exp: 1 });
  const payload = cloud.parseToken(ctx.headers?.authorization?.split(' ')[1]);
  const answer = await cloud.invoke('hello', { query: { name: 'x' } });
  const direct = await hello(ctx);
  cloud.shared.set('push', (text: string) => cloud.sockets.forEach((socket) => socket.send(text)));
  const reached: { sent: number; skipped: number } = await cloud.broadcast({ text: 'hi' });
  await cloud.broadcast(Buffer.from('hi'), cloud.sockets);
  console.log(reached);
  ctx.socket?.on('pong', () => ctx.socket?.ping());
  const stored = await cloud.storage.bucket('b').readFile('a/b.txt');
  ctx.response?.status(201).setHeader('x', 'y');
  ctx.added = cloud.appid + cloud.env.COLOR + ctx.request?.path + ctx.files?.[0]?.path;
  return { data, updated, total, user: user?.name, status: reply.status, page: page.length, token, payload, answer, direct: direct.message, text: await stored.Body.transformToString() };
}

export function helper(ctx: Context, error: unknown) {
  return error instanceof CloudError ? error.code : [ctx.requestId, same.appid, named.appid, other.appid];
}
`;

describe('the SDK types', () => {
  it("take what Laf's functions write, and the starter functions", async () => {
    const starters = ['hello', '__websocket__', 'push', 'demo'].map((name) => join(root, `functions/${name}.ts`));
    expect(await check('laf', lafCode, starters)).toBe('');
  });

  it('refuse what cannot work', async () => {
    const wrong = `
      import cloud, { missing } from '@lafjs/cloud';
      export default (ctx: FunctionContext) => {
        cloud.shard.get('a');
        cloud.getToken();
        cloud.sockets.forEach((socket) => socket.sent('a'.x));
        cloud.appid = 'b';
        return ctx.requestId.length() + missing;
      };`;
    const errors = (await check('wrong', wrong)).split('\n').map((line) => /\((\d+),.*error (TS\d+)/.exec(line)?.slice(1).join(' '));
    expect(errors.filter(Boolean)).toEqual(['2 TS2614', '4 TS2551', '5 TS2554', '6 TS2339', '7 TS2540', '8 TS2349']);
  });
});
