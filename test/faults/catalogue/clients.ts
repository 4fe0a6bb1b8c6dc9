import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { tally } from '../scene.ts';
import type { Fault } from './fault.ts';

const stranger = '127.0.0.2';

/** HTTP clients that mean ill, or fail. */
export const clients: readonly Fault[] = [
  {
    id: 'malformed-http',
    fault: 'bytes that are not HTTP',
    provoke: (scene) => scene.raw('\x16\x03\x01 hello\r\n\r\n'),
    guilty: /^400 BAD_REQUEST$/,
  },
  {
    id: 'smuggling',
    fault: 'a request with both `Content-Length` and `Transfer-Encoding`',
    provoke: (scene) => scene.raw('POST /fine HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    guilty: /^400 BAD_REQUEST$/,
  },
  {
    id: 'giant-request-header',
    fault: 'a request with a header of a megabyte',
    provoke: (scene) => scene.raw(`GET /fine HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(1e6)}\r\n\r\n`),
    guilty: /^431 HEADERS_TOO_LARGE$/,
  },
  {
    id: 'many-headers',
    fault: 'a request with three thousand headers',
    provoke: (scene) => scene.raw(`GET /fine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'a:b\r\n'.repeat(3000)}\r\n`),
    guilty: /^(200 fine|431 HEADERS_TOO_LARGE)$/,
  },
  {
    id: 'huge-upload',
    fault: 'a body of 30 MB (limit 10 MiB)',
    provoke: (scene) => scene.call('/fine', { method: 'POST', headers: { connection: 'keep-alive' }, body: Buffer.alloc(3e7) }),
    guilty: /^413 BODY_TOO_LARGE$/,
  },
  {
    id: 'huge-upload-close',
    fault: 'the same from a client that sends `Connection: close`',
    provoke: (scene) => scene.callMany(5, '/fine', { method: 'POST', body: Buffer.alloc(3e7) }),
    guilty: /^5 × 413 BODY_TOO_LARGE$/,
    todo: 'the connection is closed with bytes unread, so most clients see a reset instead of the response',
  },
  {
    id: 'deep-json',
    fault: 'a JSON body nested a million levels deep',
    provoke: (scene) => scene.call('/fine', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '['.repeat(1e6) }),
    guilty: /^400 BODY_TOO_DEEP$/,
  },
  {
    id: 'deep-query',
    fault: 'a query string with four thousand brackets',
    provoke: (scene) => scene.call(`/fine?a${'[b]'.repeat(4000)}=1`),
    guilty: /^200 fine$/,
  },
  {
    id: 'half-upload',
    fault: 'a client that disconnects in the middle of its body, fifty times',
    provoke: async (scene) => {
      for (let i = 0; i < 50; i++) {
        const socket = net.connect(scene.host.port, '127.0.0.1');
        socket.write('POST /fine HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nContent-Type: application/json\r\n\r\n{"a":');
        await once(socket, 'connect');
        socket.resetAndDestroy();
      }
      return 'gone';
    },
    guilty: /gone/,
  },
  {
    id: 'slowloris',
    fault: 'fifty clients that send a header a byte at a time (limit 1 s)',
    env: { HEADERS_TIMEOUT_MS: '1000' },
    provoke: async (scene) => {
      const one = async (): Promise<string> => {
        const socket = net.connect(scene.host.port, '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', () => {});
        socket.write('GET /fine HTTP/1.1\r\nX-A: ');
        const timer = setInterval(() => socket.write('a'), 50);
        await once(socket, 'close');
        clearInterval(timer);
        return /"code":"(\w+)"/.exec(text)?.[1] ?? 'closed';
      };
      return tally(await Promise.all(Array.from({ length: 50 }, one)));
    },
    guilty: /^50 × REQUEST_TIMEOUT$/,
  },
  {
    id: 'half-open',
    fault: 'a hundred connections on which nothing is ever sent',
    provoke: async (scene) => {
      const opened = Array.from({ length: 100 }, () => net.connect(scene.host.port, '127.0.0.1'));
      await Promise.all(opened.map((socket) => once(socket, 'connect')));
      await sleep(200);
      for (const socket of opened) socket.destroy();
      return 'nothing';
    },
    guilty: /nothing/,
  },
  {
    id: 'connection-flood',
    fault: '200 connections from one address (limit 50)',
    env: { ADDRESS_CONNECTION_LIMIT: '50' },
    provoke: async (scene) => {
      const opened = Array.from({ length: 200 }, () => net.connect({ host: '127.0.0.1', port: scene.host.port, localAddress: stranger }));
      const ended = opened.map(async (socket) => {
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', () => {});
        await Promise.race([once(socket, 'close'), sleep(1000)]);
        socket.destroy();
        return /"code":"(\w+)"/.exec(text)?.[1] ?? (text === '' ? 'open' : text);
      });
      return tally(await Promise.all(ended));
    },
    guilty: /^150 × TOO_MANY_CONNECTIONS, 50 × open$|^50 × open, 150 × TOO_MANY_CONNECTIONS$/,
    log: /A connection from 127\.0\.0\.2 was refused/,
  },
];
