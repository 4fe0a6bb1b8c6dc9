import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { event, type Host, received, send, startHost } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

function parse(reply: string): { status: number; head: string; body: unknown } {
  const [head = '', body = ''] = reply.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) };
}

describe('createHttpServer()', () => {
  it('createHttpServer() keeps idle connections longer than proxies do', () => {
    expect(host.server.keepAliveTimeout).toBe(65_000);
  });

  it('createHttpServer() answers malformed HTTP with 400 BAD_REQUEST and closes', async () => {
    for (const bytes of [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /f HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n',
      '\x16\x03\x01\x02\x00',
    ]) {
      const { status, head, body } = parse(await send(host.port, bytes));
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'BAD_REQUEST', requestId: expect.any(String) });
      expect(head).toContain('Connection: close');
      expect(head).toContain('application/json; charset=utf-8');
    }
  });

  it('createHttpServer() passes over an offer of h2c and answers the request, body and all', async () => {
    host.server.on('upgrade', () => {
      throw new Error('not a WebSocket');
    });
    host.publish('echo', (ctx) => ctx.body);
    const head = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk';
    const reply = await send(
      host.port,
      `POST /echo HTTP/1.1\r\n${head}\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply).toContain('{"a":1}');
  });

  it('createHttpServer() answers a flood of headers with 431 HEADERS_TOO_LARGE', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => `X-${index}: ${'v'.repeat(20)}`).join('\r\n');
    for (const headers of [`X: ${'x'.repeat(20_000)}`, many, `X: ${'x'.repeat(3_000_000)}`]) {
      const { status, body } = parse(await send(host.port, `GET /f HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`));
      expect([status, body]).toEqual([431, expect.objectContaining({ code: 'HEADERS_TOO_LARGE' })]);
    }
  });

  it('createHttpServer() answers what does not arrive in time with 408 REQUEST_TIMEOUT', async () => {
    host.server.once('connection', (socket) => {
      host.server.emit('clientError', Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    });
    const { status, body } = parse(await send(host.port, 'GET /f HTTP/1.1\r\n'));
    expect([status, body]).toEqual([408, expect.objectContaining({ code: 'REQUEST_TIMEOUT' })]);
  });

  it('createHttpServer() writes no error into a response that has begun', async () => {
    host.publish('f', ({ response }) => void response.write('part'));
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('POST /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n');
    const [first] = await once(socket, 'data');
    socket.write('nonsense\r\n\r\n');
    const all = first.toString() + (await received(socket));
    expect(all).toContain('part');
    expect(all).not.toContain('BAD_REQUEST');
  });

  it('createHttpServer() answers a broken chunk with 400 and does not run the function', async () => {
    let calls = 0;
    host.publish('f', () => calls++);
    const reply = await send(host.port, 'POST /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    expect([parse(reply).status, calls, host.failures]).toEqual([400, 0, []]);
  });

  it('createHttpServer() goes on serving when clients reset their connections', async () => {
    host.publish('f', () => new Promise(() => undefined));
    const closed = event();
    host.server.once('connection', (socket) => socket.once('close', closed.happen));
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\nGET /f');
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await closed.happened;
    expect((await host.fetch('/none')).status).toBe(404);
  });
});
