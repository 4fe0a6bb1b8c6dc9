import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port that nobody listens to now. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/**
 * Resolves when somebody listens to the port, rejects after ten seconds.
 *
 * @param {number} port
 */
export async function isListening(port) {
  for (const until = performance.now() + 10_000; performance.now() < until; await delay(20)) {
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Not yet.
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`nobody listens to port ${port}`);
}
