import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { catalogue, type ErrorCode, HearthError } from '../../../kernel/errors.ts';

// Another worker or another second may have room.
const retryLater = { 'Retry-After': '1' };

// A peer that does not close its side would hold the descriptor for ever.
const lingerMs = 1000;

/** Why an upgrade does not happen, as the plain HTTP reply that says so. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The refusal that carries an error of the catalogue, under the catalogue's status unless another is given. */
export function toRefusal(code: ErrorCode, status: number = catalogue[code].status): Refusal {
  return { status, code, message: catalogue[code].message };
}

/** The refusal of a worker that accepts no more sockets. */
export function drainingRefusal(): Refusal {
  return { ...errorRefusal(new HearthError('WORKER_UNAVAILABLE', { reason: 'the worker is shutting down.' })), headers: retryLater };
}

/** The refusal of an address that asks more than `limit` times a second. */
export function tooManyRefusal(limit: number): Refusal {
  return { ...errorRefusal(new HearthError('UPGRADE_TOO_MANY', { limit })), headers: retryLater };
}

/** The refusal that carries this error. */
export function errorRefusal({ status, code, message }: HearthError): Refusal {
  return { status, code, message };
}

/**
 * Answers `{ error, code }` as JSON and ends the socket; destroys it when the peer does not close its
 * side within a second. Does nothing when the peer has gone.
 */
export function refuse(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  linger.unref();
  socket.once('close', () => clearTimeout(linger));
  // Unread bytes would turn the close into a reset, which can take the reply away from the client.
  socket.resume();
  socket.end(format(refusal));
}

function format({ status, code, message, headers }: Refusal): string {
  const body = JSON.stringify({ error: message, code });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
