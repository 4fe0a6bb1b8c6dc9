import { randomUUID } from 'node:crypto';
import { currentResponse } from '../../../internals/node-http.ts';
import type { Duplex } from 'node:stream';
import { replyAndEnd } from '../../../net/socket-reply.ts';
import { type ErrorCode, HearthError } from '../../../kernel/errors.ts';

// A flood of connections must not hold more descriptors than that.
const lingeringLimit = 256;

/** Answers what Node's parser did not take for a request, as JSON, and ends the connection. */
export function refuseRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Node reports each further chunk of such a client too: the first reply is on its way.
  if (socket.writableEnded && !socket.destroyed) return;
  if (!socket.writable || error.code === 'ECONNRESET' || currentResponse(socket)?.headersSent === true) {
    socket.destroy();
    return;
  }
  endWith(socket, new HearthError(codeOf(error)));
}

/** Makes what answers connections that are one too many, before anything of them is read. */
export function createConnectionRefusal(): (socket: Duplex, error: HearthError) => void {
  let lingering = 0;
  return (socket, error) => {
    socket.on('error', () => socket.destroy());
    if (lingering >= lingeringLimit) {
      socket.destroy();
      return;
    }
    lingering++;
    socket.once('close', () => lingering--);
    endWith(socket, error);
  };
}

function endWith(socket: Duplex, { status, code, message }: HearthError): void {
  const requestId = randomUUID();
  replyAndEnd(socket, { status, body: { error: message, code, requestId }, headers: { 'request-id': requestId } });
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST';
}
