import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** A value whose bytes come one after another. */
export type StreamValue = Blob | ReadableStream | Readable | Response;

/** Whether the value is one of those; a package may have made its own. */
export function isStreamValue(value: unknown): value is StreamValue {
  return value instanceof Readable || isWebStream(value) || isBlob(value) || isResponse(value);
}

/**
 * Sends what the value holds, as it comes; a client that leaves ends it. A status and a content type that the
 * function has set stay, unless the value is a `Response`, which has its own. An error of the stream becomes the response's.
 */
export function sendStreamValue(response: ServerResponse, value: StreamValue): void {
  if (isResponse(value)) sendResponse(response, value);
  else if (isBlob(value)) {
    if (!response.hasHeader('content-length')) response.setHeader('Content-Length', value.size);
    pipe(response, toReadable(value.stream()), value.type);
  } else pipe(response, toReadable(value), '');
}

function sendResponse(response: ServerResponse, { status, statusText, headers, body }: Response): void {
  response.statusCode = status;
  if (statusText !== '') response.statusMessage = statusText;
  headers.forEach((value, name) => {
    if (name !== 'set-cookie') response.setHeader(name, value);
  });
  for (const cookie of headers.getSetCookie()) response.appendHeader('Set-Cookie', cookie);
  if (body !== null) pipe(response, toReadable(body));
  else {
    if (status !== 204 && status !== 304) response.setHeader('Content-Length', 0);
    response.end();
  }
}

/** `type` is the content type unless the function has set one; empty for plain bytes. */
function pipe(response: ServerResponse, source: Readable, type?: string): void {
  if (type !== undefined && !response.hasHeader('content-type'))
    response.setHeader('Content-Type', type === '' ? 'application/octet-stream' : type);
  const { socket } = response.req;
  const close = (): void => {
    response.off('close', close);
    // A response whose turn on its connection never comes does not close by itself.
    socket.off('close', close);
    source.destroy();
  };
  response.on('close', close);
  socket.on('close', close);
  source.on('error', (error) => response.emit('error', error));
  source.pipe(response);
}

function toReadable(stream: Readable | AsyncIterable<unknown>): Readable {
  return stream instanceof Readable ? stream : Readable.from(stream, { objectMode: false });
}

function isResponse(value: unknown): value is Response {
  return isKind(value, 'Response');
}

function isBlob(value: unknown): value is Blob {
  return isKind(value, 'Blob') || isKind(value, 'File');
}

function isWebStream(value: unknown): value is ReadableStream {
  return isKind(value, 'ReadableStream');
}

function isKind(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === `[object ${kind}]`;
}
