import { readdir, readFile } from 'node:fs/promises';
import { Script } from 'node:vm';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { missingImports } from '../../runtime/build/imports.ts';
import { isFunctionName } from '../../runtime/kernel/functions/name.ts';
import { type Client, connect, type Host, startHost } from './host.ts';

const folder = new URL('../../functions/', import.meta.url);

let builder: Builder;
let sources: Record<string, string>;
let host: Host;

beforeAll(async () => {
  builder = createBuilder();
  const files = await readdir(folder);
  sources = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.replace(/\.ts$/, ''), await readFile(new URL(file, folder), 'utf8')])),
  );
  host = await startHost(sources);
});

afterAll(async () => {
  await host.close();
  await builder.close();
});

function open(headers: Readonly<Record<string, string>> = {}): Client {
  return connect(`ws://${host.address}/__websocket__`, headers);
}

async function userIdOf(client: Client): Promise<string> {
  const welcome = await client.next();
  expect(welcome).toEqual({ type: 'welcome', userId: expect.stringMatching(/./) });
  return String(Reflect.get(Object(welcome), 'userId'));
}

const pushTo = (userId: string, message: string): Promise<Response> =>
  host.call(`/push?${new URLSearchParams({ userId, message }).toString()}`);

describe('every starter function', () => {
  it('is there', () => {
    expect(Object.keys(sources).toSorted()).toEqual(['__websocket__', 'demo', 'hello', 'push']);
  });

  it('builds without a warning and imports only what exists', async () => {
    for (const [name, source] of Object.entries(sources)) {
      const build = await builder.build({ name, source });
      expect(isFunctionName(name)).toBe(true);
      expect(build.warnings).toEqual([]);
      expect(missingImports(build, (imported) => imported in sources)).toEqual([]);
    }
  });
});

describe('hello', () => {
  it('greets the name in the query as JSON', async () => {
    const reply = await host.call('/hello?name=%3Cb%3EAda');
    expect(reply.headers.get('content-type')).toContain('application/json');
    expect(await reply.json()).toEqual({ message: 'Hello, <b>Ada!' });
  });

  it('greets the world when the query names nobody, or a list', async () => {
    expect(await (await host.call('/hello')).json()).toEqual({ message: 'Hello, world!' });
    expect(await (await host.call('/hello?name=a&name=b')).json()).toEqual({ message: 'Hello, world!' });
  });
});

describe('__websocket__', () => {
  it('tells each connection its own id and answers its messages', async () => {
    const [a, b] = [open(), open()];
    expect(await userIdOf(a)).not.toBe(await userIdOf(b));
    a.socket.send('one');
    expect(await a.next()).toEqual({ type: 'answer', text: 'You said: one' });
    await Promise.all([a.close(), b.close()]);
  });

  it('takes the id from a token, and a newer socket of the same user survives the end of the older', async () => {
    const headers = { authorization: `Bearer ${jwt.sign({ id: 'ada' }, 'a secret of the host')}` };
    const old = open(headers);
    expect(await userIdOf(old)).toBe('ada');
    const young = open(headers);
    expect(await userIdOf(young)).toBe('ada');
    await old.close();
    expect((await pushTo('ada', 'still there?')).status).toBe(200);
    expect(await young.next()).toEqual({ type: 'push', message: 'still there?' });
    await young.close();
  });

  it('tells a plain request where it is', async () => {
    const reply = await host.call('/__websocket__');
    expect(reply.status).toBe(426);
    expect(await reply.text()).toContain('/demo');
  });
});

describe('push', () => {
  it('sends to the user with this id and to nobody else', async () => {
    const [a, b] = [open(), open()];
    const [idOfA, idOfB] = [await userIdOf(a), await userIdOf(b)];
    expect(await (await pushTo(idOfA, 'for a')).json()).toEqual({ sent: true });
    await pushTo(idOfB, 'for b');
    expect(await a.next()).toEqual({ type: 'push', message: 'for a' });
    expect(await b.next()).toEqual({ type: 'push', message: 'for b' });
    await Promise.all([a.close(), b.close()]);
  });

  it('says when the user is not connected: never was, or has left', async () => {
    expect((await pushTo('nobody', 'x')).status).toBe(404);
    const client = open();
    const userId = await userIdOf(client);
    await client.close();
    // The host's side of the close may be a moment behind the client's.
    await expect.poll(async () => (await pushTo(userId, 'x')).status).toBe(404);
    expect(await (await pushTo(userId, 'x')).json()).toEqual({ error: `User "${userId}" is not connected.` });
  });

  it('says how it is called when a parameter is missing', async () => {
    const reply = await host.call('/push?userId=a');
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual({ error: expect.stringContaining('/push?userId=') });
  });
});

describe('demo', () => {
  it('is a page that needs nothing from elsewhere and whose script is valid', async () => {
    const reply = await host.call('/demo');
    expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await reply.text();
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).not.toMatch(/https?:\/\/|undefined/);
    const script = /<script type="module">(.*)<\/script>/s.exec(page)?.[1] ?? '';
    expect(script).toContain("'__websocket__'");
    expect(new Script(script)).toBeInstanceOf(Script);
  });
});
