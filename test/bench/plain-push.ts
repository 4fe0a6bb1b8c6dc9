import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';

/** What the functions of the benchmark do, with a Map and ws alone: sockets by the id of their user, and a message to one of them. */
export class PlainUsers {
  readonly #sockets = new Map<string, WebSocket>();

  /** Keeps a socket that was opened for a `user`, until it closes; another stays nobody's. */
  join(socket: WebSocket, url = ''): void {
    const user = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('user');
    if (user === null) return;
    this.#sockets.set(user, socket);
    socket.on('close', () => {
      if (this.#sockets.get(user) === socket) this.#sockets.delete(user);
    });
    socket.send(JSON.stringify({ type: 'welcome' }));
  }

  /** Sends `message` to the socket of `userId`, both from the query, and answers. */
  push(url: string, response: ServerResponse): void {
    const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
    const socket = this.#sockets.get(query.get('userId') ?? '');
    const sent = socket?.readyState === 1;
    if (sent) socket.send(JSON.stringify({ type: 'push', message: query.get('message'), at: Number(process.hrtime.bigint()) / 1e3 }));
    const body = JSON.stringify({ sent });
    response.writeHead(sent ? 200 : 404, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
}
