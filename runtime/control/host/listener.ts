import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { bindHandle } from '../../internals/node-net.ts';
import { HearthError } from '../../kernel/errors.ts';

/** A bound port that control keeps and workers accept on. */
export interface Listener {
  readonly port: number;
  /** The bound handle, to be sent to a worker. */
  readonly handle: net.Server;
  close(): void;
}

/** Attempts, and milliseconds between them, while the port of a host that has just died is still held. */
const attempts = 30;
const pause = 100;

/**
 * Binds `host:port` without listening. Workers listen on the handle; as control holds it too, the
 * kernel queues connections while one worker has died and the next takes over, and nobody is refused.
 * Control itself must never listen on it, or it would accept as well.
 *
 * Throws `PORT_UNAVAILABLE`.
 */
export async function bindListener(host: string, port: number): Promise<Listener> {
  // Two sockets may be bound to one port as long as neither listens: only listening tells.
  const free = await probe(host, port);
  const bound = bindHandle(free.address, free.port, free.family === 'IPv6' ? 6 : 4);
  if (typeof bound !== 'object') throw unavailable(host, port, `the socket could not be bound (${String(bound)})`);
  return { port: free.port, handle: bound, close: () => bound.close() };
}

async function probe(host: string, port: number): Promise<net.AddressInfo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenOnce(host, port);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code !== 'EADDRINUSE' || attempt === attempts) throw unavailable(host, port, code);
      await delay(pause);
    }
  }
}

function listenOnce(host: string, port: number): Promise<net.AddressInfo> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address);
        else reject(new Error('no address'));
      });
    });
  });
}

function unavailable(host: string, port: number, reason: string): HearthError {
  return new HearthError('PORT_UNAVAILABLE', { host, port, reason, variable: 'PORT' });
}
