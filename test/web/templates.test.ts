import { readdir, readFile } from 'node:fs/promises';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { missingImports } from '../../runtime/build/imports.ts';
import { type Client, connect, type Host, startHost } from '../sdk/host.ts';

const folder = new URL('../../web/functions/templates/', import.meta.url);

let builder: Builder;
let sources: Record<string, string>;
let host: Host;

beforeAll(async () => {
  builder = createBuilder();
  const files = await readdir(folder);
  sources = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.replace(/\.ts$/, ''), await readFile(new URL(file, folder), 'utf8')])),
  );
  const { websocket = '', interceptor = '', ...others } = sources;
  host = await startHost({ ...others, __websocket__: websocket, __interceptor__: interceptor, 'admin/users': sources['hello'] ?? '' });
});

afterAll(async () => {
  await host.close();
  await builder.close();
});

const open = (query: string): Client => connect(`ws://${host.address}/__websocket__${query}`);

it('every template builds without a warning and imports only what every host has', async () => {
  expect(Object.keys(sources).toSorted()).toEqual(['database', 'empty', 'hello', 'interceptor', 'push', 'upload', 'websocket']);
  for (const [name, source] of Object.entries(sources)) {
    const build = await builder.build({ name, source });
    expect(build.warnings).toEqual([]);
    expect(missingImports(build, () => false)).toEqual([]);
  }
});

it('hello and empty answer JSON', async () => {
  expect(await (await host.call('/hello?name=Ada')).json()).toEqual({ message: 'Hello, Ada!' });
  expect(await (await host.call('/empty')).json()).toEqual({ method: 'GET' });
});

describe('the chat', () => {
  it('knows users by the query or by a token, and tells all others what one of them says', async () => {
    const ada = open('?user=ada');
    expect(await ada.next()).toEqual({ type: 'welcome', user: 'ada', online: ['ada'] });
    const bob = open(`?token=${jwt.sign({ id: 'bob' }, 'a secret of the host')}`);
    expect(await bob.next()).toEqual({ type: 'welcome', user: 'bob', online: ['ada', 'bob'] });
    expect(await ada.next()).toEqual({ type: 'joined', user: 'bob' });
    bob.socket.send('hi');
    expect(await bob.next()).toEqual({ type: 'sent', text: 'hi' });
    expect(await ada.next()).toEqual({ type: 'message', from: 'bob', text: 'hi' });
    await bob.close();
    expect(await ada.next()).toEqual({ type: 'left', user: 'bob' });
    await ada.close();
  });

  it('is where push finds its user', async () => {
    const ada = open('?user=ada');
    await ada.next();
    expect(await (await host.call('/push?user=ada&message=hi')).json()).toEqual({ sent: true });
    expect(await ada.next()).toEqual({ type: 'push', message: 'hi' });
    expect((await host.call('/push?user=nobody&message=hi')).status).toBe(404);
    expect((await host.call('/push?user=ada')).status).toBe(400);
    await ada.close();
  });
});

it('upload says what it was sent, and shows a form', async () => {
  const body = new FormData();
  body.set('title', 'A note');
  body.set('file', new Blob(['hello'], { type: 'text/plain' }), 'note.txt');
  const reply = await host.call('/upload', { method: 'POST', body });
  expect(await reply.json()).toEqual({
    fields: { title: 'A note' },
    files: [{ name: 'note.txt', type: 'text/plain', size: 5, sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' }],
  });
  expect(await (await host.call('/upload')).text()).toContain('<form');
  expect((await host.call('/upload', { method: 'POST' })).status).toBe(400);
});

it('the interceptor lets only those with a token into admin/', async () => {
  expect((await host.call('/admin/users')).status).toBe(401);
  const headers = { authorization: `Bearer ${jwt.sign({ id: 'ada' }, 'a secret of the host')}` };
  expect(await (await host.call('/admin/users', { headers })).json()).toEqual({ message: 'Hello, world!' });
});

it('database loads on a host without one, and says in the log what it lacks', async () => {
  const alone = await startHost({ database: sources['database'] ?? '' });
  expect((await alone.call('/database')).status).toBe(500);
  await expect.poll(() => JSON.stringify(alone.logs)).toContain('MONGODB_URI');
  await alone.close();
});
