import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Counted } from '../jobs.ts';

/** Sockets that are at the same step at any time. */
const abreast = 50;
/** Milliseconds that one step of one socket may take. */
const patience = 20_000;

/** Many WebSockets in one process. */
export class Crowd {
  #sockets: WebSocket[] = [];

  async connect({ port, count }: { readonly port: number; readonly count: number }): Promise<Counted> {
    const before = this.#sockets.length;
    return this.#each(Array.from({ length: count }), async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/__websocket__`, { perMessageDeflate: false });
      socket.on('error', () => socket.terminate());
      await once(socket, 'open', { signal: AbortSignal.timeout(patience) });
      this.#sockets.push(socket);
    }).then((counted) => ({ ...counted, count: this.#sockets.length - before }));
  }

  talk(): Promise<Counted> {
    return this.#each(this.#sockets, async (socket, index) => {
      const echo = once(socket, 'message', { signal: AbortSignal.timeout(patience) });
      socket.send(String(index));
      const [data] = await echo;
      if (String(data) !== String(index)) throw new Error('another message came back');
    });
  }

  async leave(): Promise<Counted> {
    const counted = await this.#each(this.#sockets, async (socket) => {
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(patience) });
      socket.close(1000);
      await closed;
    });
    this.#sockets = [];
    return counted;
  }

  async #each<T>(items: readonly T[], step: (item: T, index: number) => Promise<void>): Promise<Counted> {
    const entries = items.entries();
    const begun = performance.now();
    let count = 0;
    let failed = 0;
    const walk = async (): Promise<void> => {
      for (const [index, item] of entries) {
        await step(item, index).then(
          () => count++,
          () => failed++,
        );
      }
    };
    await Promise.all(Array.from({ length: abreast }, walk));
    return { count, failed, took: performance.now() - begun };
  }
}
