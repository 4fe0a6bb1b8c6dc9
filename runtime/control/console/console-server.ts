import { createServer, IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import { refuseUpgrade } from './console-refusal.ts';

/** Takes a request that wants another protocol, with what came after it. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What a server on the console's port answers by. */
export interface Listeners {
  readonly request: RequestListener;
  readonly upgrade: UpgradeListener;
}

export interface ConsoleServer {
  readonly port: number;
  /** Answers by these from now on. */
  use(listeners: Listeners): void;
  /** Resolves when it has closed; connections that are not idle soon are cut. Upgraded ones are their listener's to end. */
  close(): Promise<void>;
}

/** Milliseconds that requests have once the server closes. */
const closeTime = 500;

/**
 * Listens on the console's port before there is anything to serve: a host may have to wait for its
 * database, and says there that it is not ready. Throws `PORT_UNAVAILABLE`.
 */
export async function openConsole(host: string, wanted: number): Promise<ConsoleServer> {
  let serve: Listeners = { request: answerWaiting, upgrade: (_, socket) => refuseUpgrade(socket, waiting()) };
  const server = createServer({ IncomingMessage: ConsoleRequest }, (request, response) => serve.request(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => serve.upgrade(request, socket, head));
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => {
      const reason = 'code' in error ? String(error.code) : messageOf(error);
      reject(new HearthError('PORT_UNAVAILABLE', { host, port: wanted, reason, variable: 'CONSOLE_PORT' }));
    });
    server.listen(wanted, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  return {
    port,
    use: (listeners) => {
      serve = listeners;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), closeTime).unref();
      }),
  };
}

class ConsoleRequest extends IncomingMessage {
  /** Declared only: Node's constructor sets `upgrade` before a field of this class would be there. */
  declare private offersUpgrade: boolean | null;

  /** Java's client and curl offer h2c with ordinary requests, which a server may pass over (RFC 9110, 7.8). */
  get upgrade(): boolean {
    return this.offersUpgrade === true && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(upgrade: boolean | null) {
    this.offersUpgrade = upgrade;
  }
}

const answerWaiting: RequestListener = (request, response) => {
  if (request.url === '/_/healthz') answer(response, 200, { status: 'ok' });
  else if (request.url === '/_/readyz') answer(response, 503, { status: 'waiting' });
  else {
    const { status, code, message } = waiting();
    answer(response, status, { error: { code, message } });
  }
};

function waiting(): HearthError {
  return new HearthError('STORE_UNAVAILABLE', { reason: 'the host is still waiting for the database.' });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
