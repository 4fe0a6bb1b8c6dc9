import type { Duplex } from 'node:stream';
import { replyAndEnd } from '../../../net/socket-reply.ts';
import { catalogue, type ErrorCode, HearthError } from '../../../kernel/errors.ts';

// Another worker or another second may have room.
const retryLater = { 'Retry-After': '1' };

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

export function errorRefusal({ status, code, message }: HearthError): Refusal {
  return { status, code, message };
}

/** Answers `{ error, code }` as JSON and ends the socket. */
export function refuse(socket: Duplex, { status, code, message, headers }: Refusal): void {
  replyAndEnd(socket, { status, body: { error: message, code }, ...(headers && { headers }) });
}
