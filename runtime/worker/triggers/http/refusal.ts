import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { currentResponse } from '../../../internals/node-http.ts';
import type { Duplex } from 'node:stream';
import { type ErrorCode, HearthError } from '../../../kernel/errors.ts';

// A client that does not close its side would hold the descriptor for ever.
const lingerMs = 1000;
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
    // To close with something unread would take the answer from the client.
    socket.resume();
  };
}

function endWith(socket: Duplex, error: HearthError): void {
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  socket.end(format(error));
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST';
}

function format(error: HearthError): string {
  const requestId = randomUUID();
  const body = JSON.stringify({ error: error.message, code: error.code, requestId });
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `request-id: ${requestId}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
