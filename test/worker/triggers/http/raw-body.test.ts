import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import bodyParser from 'body-parser';
import express from 'express';
import express5 from 'express5';
import multer from 'multer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const form = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\ncontent\r\n--b--\r\n';
const bodies: readonly (readonly [string, string])[] = [
  ['application/json', '{\n  "amount": 1.0\n}'],
  ['application/x-www-form-urlencoded', 'a=1&b=%E6%96%87'],
  ['text/plain; charset=utf-8', 'grüße'],
  ['text/xml', '<a> <b/> </a>'],
  ['application/octet-stream', 'raw'],
  ['multipart/form-data; boundary=b', form],
];

async function post(type: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<string> {
  const options = { method: 'POST', path: '/f', headers: { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers } };
  return (await call(host.port, options, String(body))).text;
}

async function collect(source: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

describe('request.rawBody', () => {
  it.each(bodies)('holds the very bytes of %s', async (type, body) => {
    host.publish('f', ({ request }) =>
      createHmac('sha256', 'k')
        .update(request.rawBody ?? '')
        .digest('hex'),
    );
    expect(await post(type, body)).toBe(createHmac('sha256', 'k').update(body).digest('hex'));
  });

  it('holds inflated bytes, and is absent without a body', async () => {
    host.publish('f', ({ request }) => String(request.rawBody));
    const response = await host.fetch('/f', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync('{"a":1}')),
    });
    expect(await response.text()).toBe('{"a":1}');
    expect(await (await host.fetch('/f')).text()).toBe('undefined');
  });
});

describe('a request whose body the host has read', () => {
  const readers: readonly (readonly [string, TestFunction])[] = [
    ['for await', ({ request }) => collect(request)],
    [
      'data and end',
      async ({ request }) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        await once(request, 'end');
        return Buffer.concat(chunks).toString();
      },
    ],
    [
      'pipeline()',
      async ({ request }) => {
        let text = '';
        const target = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) });
        await pipeline(request, target);
        return text;
      },
    ],
    ['Readable.toWeb()', ({ request }) => collect(Readable.toWeb(Readable.from(request, { objectMode: false })) as AsyncIterable<unknown>)],
    ['a web Response', ({ request }) => new Response(Reflect.apply(Readable.toWeb, Readable, [request])).text()],
    [
      'setEncoding() and read()',
      async ({ request }) => {
        request.setEncoding('utf8');
        let text = '';
        await once(request, 'readable');
        for (let chunk: string | null = request.read(); chunk !== null; chunk = request.read()) text += chunk;
        return text;
      },
    ],
    [
      'a pause of its own, and later',
      async ({ request }) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        request.pause();
        request.resume();
        return collect(request);
      },
    ],
  ];

  it.each(readers)('is read by %s', async (_, handler) => {
    host.publish('f', handler);
    for (const [type, body] of bodies) expect([type, await post(type, body)]).toEqual([type, body]);
  });

  it('is read by the parsers of an application that gives it another prototype', async () => {
    for (const framework of [express, express5]) {
      for (const [parser, show] of [
        [bodyParser.raw({ type: () => true }), (body: Buffer) => String(body)],
        [framework.json(), (body: unknown) => JSON.stringify(body)],
        [framework.text({ type: () => true }), String],
      ] as const) {
        const app = framework();
        app.post('/f', parser, (request, response) => response.send((show as (body: unknown) => string)(request.body)));
        host.publish('f', ({ request, response }) => void Reflect.apply(app, undefined, [request, response]));
        expect(await post('application/json', '{"a":[1]}')).toBe('{"a":[1]}');
      }
    }
  });

  it("is read by an application's own multer", async () => {
    const app = express();
    app.post('/f', multer().any(), (request, response) => response.json(Object(request.files)[0].buffer.toString()));
    host.publish('f', ({ request, response }) => void Reflect.apply(app, undefined, [request, response]));
    expect(JSON.parse(await post('multipart/form-data; boundary=b', form))).toBe('content');
  });

  it('keeps its connection in step, read or not', async () => {
    host.publish('f', ({ body }) => body);
    const agent = { method: 'POST', headers: { 'content-type': 'text/plain' } };
    for (let count = 0; count < 50; count += 1) {
      const response = await host.fetch('/f', { ...agent, body: `body ${count}` });
      expect(await response.text()).toBe(`body ${count}`);
    }
    const connections = await new Promise((resolve) => host.server.getConnections((_, count) => resolve(count)));
    expect(connections).toBeLessThan(5);
  });
});

describe("export const body = 'stream'", () => {
  const streaming = (handler: TestFunction) => ({ exports: { default: handler, body: 'stream' }, code: "exports.body = 'stream'" });

  it('leaves the body to the function, past REQUEST_LIMIT_SIZE', async () => {
    await host.close();
    host = await startHost(1000);
    host.publish(
      'f',
      streaming(async ({ request, body }) => [(await collect(request)).length, body, request.rawBody ?? null]),
    );
    expect(JSON.parse(await post('application/json', 'x'.repeat(300_000)))).toEqual([300_000, {}, null]);
  });

  it('begins the function before the body has come, and keeps the connection when that is not read', async () => {
    host.publish(
      'f',
      streaming(() => 'not read'),
    );
    for (let count = 0; count < 3; count += 1) expect(await post('text/plain', 'x'.repeat(100_000))).toBe('not read');
  });

  it('is asked of the code, not of other functions', async () => {
    host.publish('f', ({ body }) => body);
    expect(await post('text/plain', 'stream')).toBe('stream');
  });
});
