import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

async function ask(handler: TestFunction): Promise<{ status: number; hex: string; headers: Headers }> {
  host.publish('f', handler);
  const response = await host.fetch('/f', { headers: { origin: 'https://a.example' } });
  return { status: response.status, hex: Buffer.from(await response.arrayBuffer()).toString('hex'), headers: response.headers };
}

const png = new Uint8Array([0, 137, 80, 78, 71, 0]).subarray(1, 5);
const copy = (): ArrayBuffer => new Uint8Array(png).buffer;
const shared = (): SharedArrayBuffer => {
  const bytes = new SharedArrayBuffer(4);
  new Uint8Array(bytes).set(png);
  return bytes;
};

describe('bytes', () => {
  it.each<[string, () => unknown]>([
    ['a part of a Uint8Array', () => png],
    ['a Uint8ClampedArray', () => new Uint8ClampedArray(png)],
    ['an Int16Array', () => new Int16Array(copy())],
    ['a DataView', () => new DataView(copy())],
    ['an ArrayBuffer', copy],
    ['a SharedArrayBuffer', shared],
    ['a Blob', () => new Blob([png])],
    ['a web stream', () => new Blob([png]).stream()],
    ["a stream of Node's", () => Readable.from([png.subarray(0, 2), png.subarray(2)], { objectMode: false })],
    ['a Response', () => new Response(png, { headers: { 'content-type': 'application/octet-stream' } })],
  ])('go out as bytes: %s, returned and sent', async (_, make) => {
    for (const handler of [() => make(), ({ response }) => void response.send(make())] as TestFunction[]) {
      const { status, hex, headers } = await ask(handler);
      expect([status, hex, headers.get('content-type')]).toEqual([200, '89504e47', 'application/octet-stream']);
      expect(headers.get('access-control-allow-origin')).toBe('https://a.example');
    }
  });

  it('keep a status and a type that the function has set', async () => {
    for (const value of [png, new Blob([png], { type: 'text/plain' }), new Blob([png]).stream()]) {
      const { status, headers } = await ask(({ response }) => {
        response.status(201).type('png');
        return value;
      });
      expect([status, headers.get('content-type')]).toEqual([201, 'image/png']);
    }
    expect((await ask(() => new Blob([png], { type: 'image/webp' }))).headers.get('content-type')).toBe('image/webp');
  });
});

describe('a Response', () => {
  it('brings its status, its headers and all of its cookies', async () => {
    const { status, hex, headers } = await ask(() => {
      const own = new Headers({ 'content-type': 'text/x-own', 'x-own': '1' });
      own.append('set-cookie', 'a=1');
      own.append('set-cookie', 'b=2');
      return new Response('body', { status: 418, headers: own });
    });
    expect([status, hex, headers.get('x-own'), headers.getSetCookie()]).toEqual([
      418,
      Buffer.from('body').toString('hex'),
      '1',
      ['a=1', 'b=2'],
    ]);
    expect(headers.get('access-control-expose-headers')).toContain('x-own');
  });

  it.each([204, 304])('without a body has none: %i', async (status) => {
    const reply = await ask(() => new Response(null, { status }));
    expect([reply.status, reply.hex]).toEqual([status, '']);
  });

  it('of a redirect and of JSON are sent as they are', async () => {
    expect((await ask(() => Response.json({ a: 1 }))).headers.get('content-type')).toBe('application/json');
    host.publish('f', () => Response.redirect('http://other.example/', 302));
    const response = await host.fetch('/f', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://other.example/']);
  });

  it('whose body was read fails as any error does', async () => {
    const reply = await ask(async () => {
      const response = new Response('x');
      await response.text();
      return response;
    });
    expect(reply.status).toBe(500);
  });
});

describe('a stream', () => {
  it('that fails before its first byte is answered 500, and breaks the connection later', async () => {
    const failing = (chunks: number): ReadableStream =>
      new ReadableStream({
        pull(controller) {
          if (chunks-- > 0) controller.enqueue(new Uint8Array(10));
          else controller.error(new Error('broken'));
        },
      });
    expect((await ask(() => failing(0))).status).toBe(500);
    await expect(ask(() => failing(3))).rejects.toThrow();
    expect(host.failures.length + host.lines.length).toBeGreaterThan(0);
  });

  it('is cancelled when the client leaves', async () => {
    let cancelled = (): void => {};
    const ended = new Promise<void>((resolve) => (cancelled = resolve));
    host.publish(
      'f',
      () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000)), cancel: () => cancelled() }),
    );
    const leave = new AbortController();
    const response = await host.fetch('/f', { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await ended;
    expect(response.status).toBe(200);
  });

  it('that the function has piped itself and returns is sent once', async () => {
    const { hex } = await ask(({ response }) => {
      const source = Readable.from([Buffer.from('once')]);
      source.pipe(response as never);
      return source;
    });
    expect(hex).toBe(Buffer.from('once').toString('hex'));
  });
});
