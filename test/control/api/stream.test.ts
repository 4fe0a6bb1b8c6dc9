import type { IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type CallOptions, open } from './client.ts';
import { type TestHost, startHost } from './host.ts';

/** Parts of a stream, each up to an empty line. */
class Events {
  readonly response: IncomingMessage;
  readonly #parts: AsyncGenerator<string>;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.#parts = split(response);
  }

  /** The next part; undefined when the stream has ended. */
  async next(): Promise<string | undefined> {
    const { value, done } = await this.#parts.next();
    return done === true ? undefined : value;
  }

  /** The messages of the next events. */
  async messages(count: number): Promise<string[]> {
    const found: string[] = [];
    while (found.length < count) {
      const data = /^data: (.*)$/m.exec((await this.next()) ?? '');
      found.push(String(JSON.parse(data?.[1] ?? '{}').message));
    }
    return found;
  }
}

async function* split(response: IncomingMessage): AsyncGenerator<string> {
  let pending = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    const parts = (pending + String(chunk)).split('\n\n');
    pending = parts.pop() ?? '';
    yield* parts;
  }
}

async function follow(host: TestHost, query = '', options: CallOptions = {}): Promise<Events> {
  const response = await open({ port: host.port, method: 'GET', path: `/v1/logs/stream${query}`, ...options });
  response.on('error', () => {});
  onTestFinished(() => void response.destroy());
  return new Events(response);
}

function log(host: TestHost, ...texts: string[]): void {
  for (const message of texts) host.logs.log({ time: Date.now(), level: 'info', message });
}

describe('GET /v1/logs/stream', () => {
  it('answers its headers at once', async () => {
    const host = await startHost();
    const { response } = await follow(host);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('sends each new record with its id', async () => {
    const host = await startHost();
    log(host, 'before');
    const events = await follow(host);
    log(host, 'one\ntwo');
    const [, newest] = host.logs.query({}, 2);
    expect(await events.next()).toBe(`id: ${newest?.id}\ndata: ${JSON.stringify(newest)}`);
  });

  it('writes what is logged in one turn together', async () => {
    const host = await startHost();
    const events = await follow(host);
    const texts = Array.from({ length: 2_000 }, (_, n) => String(n));
    let chunks = 0;
    const { response } = events;
    const push = response.push.bind(response);
    response.push = (chunk: unknown, encoding?: BufferEncoding) => {
      chunks += 1;
      return push(chunk, encoding);
    };
    log(host, ...texts);
    expect(await events.messages(texts.length)).toEqual(texts);
    expect(chunks).toBeLessThan(100);
  });

  it('filters as the list does', async () => {
    const host = await startHost();
    const events = await follow(host, '?function=f&level=warn');
    log(host, 'no');
    host.logs.log({ time: 1, level: 'error', message: 'of g', function: 'g' });
    host.logs.log({ time: 1, level: 'info', message: 'not urgent', function: 'f' });
    host.logs.log({ time: 1, level: 'error', message: 'yes', function: 'f' });
    expect(await events.messages(1)).toEqual(['yes']);
  });

  it('goes on after Last-Event-ID', async () => {
    const host = await startHost();
    log(host, 'a', 'b', 'c');
    const [first] = host.logs.query({}, 3);
    const events = await follow(host, '', { headers: { 'last-event-id': String(first?.id) } });
    log(host, 'd');
    expect(await events.messages(3)).toEqual(['b', 'c', 'd']);
  });

  it('ignores a Last-Event-ID that is no id', async () => {
    const host = await startHost();
    log(host, 'a');
    const events = await follow(host, '', { headers: { 'last-event-id': '1; x' } });
    log(host, 'b');
    expect(await events.messages(1)).toEqual(['b']);
  });

  it.each([
    ['?limit=2', ['b', 'c', 'new']],
    ['?since=0', ['a', 'b', 'c', 'new']],
    ['?since=0&limit=1', ['c', 'new']],
  ])('begins with what is in memory for %s', async (query, expected) => {
    const host = await startHost();
    log(host, 'a', 'b', 'c');
    const events = await follow(host, query);
    log(host, 'new');
    expect(await events.messages(expected.length)).toEqual(expected);
  });

  it('sends a comment now and then', async () => {
    const host = await startHost({ heartbeat: 5 });
    const events = await follow(host);
    expect([await events.next(), await events.next()]).toEqual([':', ':']);
  });

  it('ends when the client goes', async () => {
    const host = await startHost();
    const { response } = await follow(host);
    expect(host.logs.subscribers()).toBe(1);
    response.destroy();
    await vi.waitFor(() => expect(host.logs.subscribers()).toBe(0));
    expect(host.logs.query({}, 10)).toEqual([]);
  });

  it('cuts off a client that does not read, and no other', async () => {
    const host = await startHost({ streamBuffer: 100_000 });
    const stalled = await follow(host);
    stalled.response.pause();
    const reader = await follow(host, '?level=error');
    const closed = new Promise((resolve) => stalled.response.once('close', resolve));
    const text = 'x'.repeat(50_000);
    while (host.logs.subscribers() > 1) {
      log(host, text);
      await new Promise((resolve) => setImmediate(resolve));
    }
    stalled.response.resume();
    await closed;
    expect(stalled.response.complete).toBe(false);
    const told = [{ message: expect.stringContaining('disconnected because it was not reading') }];
    await vi.waitFor(() => expect(host.logs.query({ level: 'warn' }, 10)).toMatchObject(told));
    host.logs.log({ time: 1, level: 'error', message: 'still here' });
    expect(await reader.messages(1)).toEqual(['still here']);
  });

  it('does not cut off a client for what it is sent at the beginning', async () => {
    const host = await startHost({ streamBuffer: 10_000 });
    const text = 'x'.repeat(50_000);
    log(host, ...Array.from({ length: 100 }, () => text));
    const events = await follow(host, '?since=0');
    log(host, 'new');
    expect((await events.messages(101)).at(-1)).toBe('new');
  });

  it('ends with the API, so that the server can close', async () => {
    const host = await startHost();
    const events = await follow(host);
    host.api.close();
    expect(await events.next()).toBeUndefined();
    expect(events.response.complete).toBe(true);
    expect(await (await follow(host)).next()).toBeUndefined();
    await host.closeServer();
    expect(host.logs.subscribers()).toBe(0);
  });

  it('answers HEAD without a stream', async () => {
    const host = await startHost();
    const reply = await host.call('HEAD', '/v1/logs/stream');
    expect([reply.status, reply.headers['content-type'], host.logs.subscribers()]).toEqual([200, 'text/event-stream; charset=utf-8', 0]);
  });
});
