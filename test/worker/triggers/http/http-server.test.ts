import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HearthError } from '../../../../runtime/kernel/errors.ts';
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
    const many = Array.from({ length: 2000 }, (_, index) => `X-${index}: ${'v'.repeat(40)}`).join('\r\n');
    for (const headers of [`X: ${'x'.repeat(70_000)}`, many, `X: ${'x'.repeat(3_000_000)}`]) {
      const { status, body } = parse(await send(host.port, `GET /f HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`));
      expect([status, body]).toEqual([431, expect.objectContaining({ code: 'HEADERS_TOO_LARGE' })]);
    }
  });

  it('createHttpServer() takes headers of up to 64 KB', async () => {
    host.publish('f', ({ headers }) => [String(headers['x'] ?? '').length, Object.keys(headers).length]);
    const many = Array.from({ length: 900 }, (_, index) => `X-${index}: ${'v'.repeat(50)}`).join('\r\n');
    for (const [headers, length, count] of [
      [`X: ${'x'.repeat(20_000)}`, 20_000, 3],
      [`X: ${'x'.repeat(64_000)}`, 64_000, 3],
      [many, 0, 902],
    ] as const) {
      const { status, body } = parse(await send(host.port, `GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n\r\n`));
      expect([status, body]).toEqual([200, [length, count]]);
    }
  });

  it('createHttpServer() answers what does not arrive in time with 408 REQUEST_TIMEOUT', async () => {
    host.server.once('connection', (socket) => {
      host.server.emit('clientError', Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    });
    const { status, body } = parse(await send(host.port, 'GET /f HTTP/1.1\r\n'));
    expect([status, body]).toEqual([408, expect.objectContaining({ code: 'REQUEST_TIMEOUT' })]);
  });

  it('createHttpServer() answers a client that dribbles its headers or its body with 408 REQUEST_TIMEOUT', async () => {
    await host.close();
    host = await startHost(undefined, { headersTimeout: 60, requestTimeout: 120 });
    let calls = 0;
    host.publish('f', () => calls++);
    for (const [head, drop] of [
      ['GET /f HTTP/1.1\r\nHost: x\r\n', 'X: y\r\n'],
      ['POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', 'x'],
      ['', ''],
    ] as const) {
      const socket = connect({ port: host.port, host: '127.0.0.1' });
      socket.write(head);
      const dribble = setInterval(() => socket.write(drop), 10);
      const reply = parse(await received(socket));
      clearInterval(dribble);
      expect([reply.status, reply.body]).toEqual([408, expect.objectContaining({ code: 'REQUEST_TIMEOUT' })]);
    }
    expect(calls).toBe(0);
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

describe('limits.addressConnections', () => {
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: host.port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    return socket;
  };
  const tracked = (count: number): Promise<void> => vi.waitFor(() => expect(host.server.tracked.open.size).toBe(count));

  beforeEach(async () => {
    await host.close();
    host = await startHost(undefined, { addressConnections: 2, trustedAddresses: ['::ffff:127.0.0.1'] });
    host.publish('f', () => 'ok');
  });

  it('limits.addressConnections refuses one more of an address with 429 TOO_MANY_CONNECTIONS, before anything is read', async () => {
    const held = [await open('127.0.0.2'), await open('127.0.0.2')];
    await tracked(2);
    for (let n = 1; n <= 3; n++) {
      const { status, head, body } = parse(await received(await open('127.0.0.2')));
      expect([status, body]).toEqual([429, { error: expect.any(String), code: 'TOO_MANY_CONNECTIONS', requestId: expect.any(String) }]);
      expect(head).toContain('Connection: close');
      expect(host.app.counters.refused).toBe(n);
    }
    const sending = await open('127.0.0.2');
    sending.write(`GET /f HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(parse(await received(sending)).status).toBe(429);
    expect(host.app.counters.requests).toBe(0);
    expect(host.records.map(({ level }) => level)).toEqual(['warn']);
    for (const socket of held) socket.destroy();
  });

  it('limits.addressConnections counts each address by itself, and what is open only', async () => {
    const held = [await open('127.0.0.2'), await open('127.0.0.2'), await open('127.0.0.3')];
    await tracked(3);
    held[0]?.destroy();
    await tracked(2);
    const next = await open('127.0.0.2');
    next.write('GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await received(next)).toMatch(/\r\n\r\nok$/);
    expect(host.app.counters.refused).toBe(0);
    for (const socket of held) socket.destroy();
  });

  it('limits.addressConnections counts an upgraded connection until it closes', async () => {
    const upgraded: Duplex[] = [];
    host.server.on('upgrade', (_request, socket) => {
      upgraded.push(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const held = [await open('127.0.0.2'), await open('127.0.0.2')];
    for (const socket of held) {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await once(socket, 'data');
    }
    expect(parse(await received(await open('127.0.0.2'))).status).toBe(429);
    for (const socket of upgraded) socket.destroy();
    await tracked(0);
    const next = await open('127.0.0.2');
    await tracked(1);
    next.destroy();
  });

  it('limits.addressConnections does not concern trusted addresses', async () => {
    const held = await Promise.all(Array.from({ length: 5 }, () => open('127.0.0.1')));
    await tracked(5);
    expect(host.app.counters.refused).toBe(0);
    for (const socket of held) socket.destroy();
  });
});

describe('request.socket.server', () => {
  it('request.socket.server refuses what would stop the server, and shows the rest', async () => {
    const refused = ['close', 'closeAllConnections', 'closeIdleConnections', 'removeAllListeners', 'on', 'off', 'listen'];
    host.publish('f', ({ request }) => {
      const server: object = Reflect.get(request.socket, 'server');
      const codes = refused.map((call) => {
        const method: unknown = Reflect.get(server, call);
        try {
          return typeof method === 'function' ? Reflect.apply(method, server, []) : 'none';
        } catch (error) {
          return error instanceof HearthError ? `${error.code} ${error.details.call}` : String(error);
        }
      });
      return [...codes, Reflect.get(server, 'listening')];
    });
    const response = await host.fetch('/f');
    expect(JSON.parse(await response.text())).toEqual([...refused.map((call) => `SERVER_REFUSED ${call}`), true]);
    expect(host.server.listenerCount('request')).toBe(1);
  });

  it('request.socket.server cannot be changed', async () => {
    host.publish('f', ({ request }) => {
      const server: object = Reflect.get(request.socket, 'server');
      Object.assign(server, { maxConnections: 0 });
    });
    expect((await host.fetch('/f')).status).toBe(500);
    expect(String(host.failures[0]?.thrown)).toContain('cannot call it');
    expect((await host.fetch('/f')).status).toBe(500);
  });

  it("request.socket.server carries Node's own events, such as a broken request after a good one and a timeout", async () => {
    host.publish('f', ({ request }) => {
      request.socket.setTimeout(20);
      return 'ok';
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.write('nonsense\r\n\r\n');
    expect(await received(socket)).toContain('BAD_REQUEST');
    host.server.keepAliveTimeout = 20;
    const idle = connect({ port: host.port, host: '127.0.0.1' });
    idle.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await received(idle)).toMatch(/ok$/);
  });
});
