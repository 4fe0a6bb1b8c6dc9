import { randomUUID } from 'node:crypto';
import { createServer, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, HearthError } from '../../kernel/errors.ts';
import type { RequestHandler } from './handler.ts';
import { HttpRequest } from './request.ts';
import { HttpResponse } from './response.ts';

// Longer than the idle time of common proxies (60 s), so that they never reuse a connection that is being closed.
const keepAliveMs = 65_000;
// A client that does not close its side would hold the descriptor for ever.
const lingerMs = 1000;

/** A server whose requests and responses have Express's members. It does not listen yet; whoever made it closes it. */
export function createHttpServer(handler: RequestHandler): Server {
  const options = { IncomingMessage: HttpRequest, ServerResponse: HttpResponse, keepAliveTimeout: keepAliveMs };
  const server: Server = createServer(options);
  server.on('request', (request, response) => {
    if (request instanceof HttpRequest && response instanceof HttpResponse) handler(request, response);
  });
  server.on('clientError', refuseConnection);
  return server;
}

/** Answers what Node's parser did not take for a request, as JSON, and ends the connection. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Node reports each further chunk of such a client too: the first reply is on its way.
  if (socket.writableEnded && !socket.destroyed) return;
  if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  socket.end(format(new HearthError(codeOf(error))));
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST';
}

/** Whether a part of a response is out, into which a reply must not be written. Node keeps this to itself; its own handler asks the same. */
function isAnswering(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage');
  return response instanceof ServerResponse && response.headersSent;
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
