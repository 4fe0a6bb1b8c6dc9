import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { TestHost } from '../scenario/host.ts';

/** How a request is made, beyond its path. */
export interface CallOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** The address that it comes from. */
  readonly localAddress?: string;
}

/** Where a fault happens: a host, and the ways in which people provoke something on it. */
export class Scene {
  readonly host: TestHost;
  /** The name of the function that the fault has published. */
  readonly name: string;

  constructor(host: TestHost, name: string) {
    this.host = host;
    this.name = name;
  }

  /** Calls a function, the fault's own unless told otherwise, and says what came: the status with the error's code or the text's beginning, or how it was cut. */
  async call(path = `/${this.name}`, options: CallOptions = {}): Promise<string> {
    const { body, ...rest } = options;
    return new Promise((resolve) => {
      const request = http.request({ host: '127.0.0.1', port: this.host.port, path, agent: false, ...rest }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve(show(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
        response.once('error', (error) => resolve(`${response.statusCode}, cut off: ${codeOf(error)}`));
      });
      request.once('error', (error) => resolve(`cut off: ${codeOf(error)}`));
      request.end(body);
    });
  }

  /** Calls it several times at once; answers how often what was seen, such as `3 × 200`. */
  async callMany(count: number, path?: string, options?: CallOptions): Promise<string> {
    return tally(await Promise.all(Array.from({ length: count }, () => this.call(path, options))));
  }

  /** Sends bytes over a connection of their own and answers what came until it ended: the first line of it, or that nothing came. */
  async raw(bytes: string | Buffer, localAddress = '127.0.0.1'): Promise<string> {
    const socket = net.connect({ host: '127.0.0.1', port: this.host.port, localAddress });
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    // How it ended matters less than what had come.
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'close');
    return text === '' ? 'closed' : show(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0), text.split('\r\n\r\n').slice(1).join(''));
  }

  /** Opens a socket and lets it hand an event to the fault's function. */
  async message(): Promise<WebSocket> {
    const socket = await this.host.connect();
    socket.on('error', () => {});
    socket.send(`fault ${this.name}`);
    return socket;
  }

  /** Publishes a source and says what came of it. */
  async publish(name: string, source: string): Promise<string> {
    const { status, json } = await this.host.api('PUT', `/v1/functions/${encodeURIComponent(name)}`, { source });
    return json?.error ? `${status} ${json.error.code}` : String(status);
  }

  /** Resolves when the log has such a message. */
  async untilLogged(message: RegExp): Promise<void> {
    await vi.waitUntil(async () => message.test((await this.host.api('GET', '/v1/logs?limit=50')).text), { timeout: 15_000, interval: 20 });
  }

  /** Resolves when another worker serves than this one. */
  async untilReplaced(pid: number): Promise<void> {
    await vi.waitUntil(
      async () => {
        const { worker } = (await this.host.api('GET', '/v1/status')).json;
        return worker.state === 'serving' && worker.pid !== pid;
      },
      { timeout: 25_000, interval: 20 },
    );
  }

  /** Resolves when a standby is ready, so that the next fault finds the host as it usually is. */
  async untilReady(): Promise<void> {
    await vi.waitUntil(
      async () => {
        const { worker } = (await this.host.api('GET', '/v1/status')).json;
        return worker.state === 'serving' && worker.standby === 'ready';
      },
      { timeout: 20_000, interval: 20 },
    );
  }
}

/** How a socket answers a message: the echo, or the code it is closed with; nothing for two seconds. */
export async function echo(socket: WebSocket, message = 'still there?'): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    socket.once('message', (data: Buffer) => resolve(`echo: ${data.toString()}`));
  });
  if (socket.readyState === socket.OPEN) socket.send(message);
  // A busy machine takes longer than its rows say.
  return Promise.race([answer, closing(socket), sleep(10_000, 'no answer')]);
}

/** The code that a socket is closed with, once it is. */
export function closing(socket: WebSocket): Promise<string> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve('closed before');
  return new Promise((resolve) => {
    // An error says why; the close that follows says what the host had to say.
    socket.on('error', () => {});
    socket.once('close', (code: number) => resolve(`closed with ${code}`));
  });
}

/** How often each of these was seen. */
export function tally(seen: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of seen) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([one, count]) => (count === 1 ? one : `${count} × ${one}`))
    .join(', ');
}

function show(status: number, text: string): string {
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  const [, error] = /"error":"([^"]+)"/.exec(text) ?? [];
  return `${status} ${code ?? error ?? text.slice(0, 40)}`.trim();
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}

/** The headers of a WebSocket handshake. */
export const handshake: http.OutgoingHttpHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** The same as a client without a library sends it. */
export const rawHandshake =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
