import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HearthError } from '../../kernel/errors.ts';
import { toErrorBody } from '../api/error-reply.ts';

/** Milliseconds that a peer has to close its side. */
const lingerTime = 500;

/** Answers the error in plain HTTP and ends the connection, also when its peer does not. */
export function refuseUpgrade(socket: Duplex, error: HearthError): void {
  socket.on('error', () => socket.destroy());
  const body = JSON.stringify(toErrorBody(error));
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const linger = setTimeout(() => socket.destroy(), lingerTime);
  socket.once('close', () => clearTimeout(linger));
  // Unread bytes would turn the close into a reset, which can take the reply away from the client.
  socket.resume();
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
