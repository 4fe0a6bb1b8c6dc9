import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

// A peer that does not close its side would hold the descriptor for ever.
const lingerMs = 1_000;

/** A reply to a connection that no HTTP server answers: a broken request, an upgrade, one connection too many. */
export interface SocketReply {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends the reply and ends the connection; destroys it when the peer does not close its side within a second.
 * A connection that can no longer be written to is destroyed at once.
 */
export function replyAndEnd(socket: Duplex, reply: SocketReply): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  // Unread bytes would turn the close into a reset, which can take the reply away from the client.
  socket.resume();
  socket.end(format(reply));
}

function format({ status, body, headers = {} }: SocketReply): string {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
