import type { Duplex } from 'node:stream';
import type { HearthError } from '../../kernel/errors.ts';
import { replyAndEnd } from '../../net/socket-reply.ts';
import { toErrorBody } from '../api/error-reply.ts';

/** Answers the error in plain HTTP and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: HearthError): void {
  socket.on('error', () => socket.destroy());
  replyAndEnd(socket, { status: error.status, body: toErrorBody(error) });
}
