import { STATUS_CODES } from 'node:http';
import type { Calls } from '../../../kernel/calls/calls.ts';
import { type HearthError, messageOf } from '../../../kernel/errors.ts';
import { type HttpResponse, isOver } from './response.ts';

/** Content types that a response gets unless the function sets one. */
export const mimeTypes = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  bytes: 'application/octet-stream',
} as const;

// What a function has said about the body that it then failed to make, or about where and how long to find it.
const describesBody = /^(?:content-(?!security-)|transfer-encoding$|trailer$|etag$|last-modified$|cache-control$|expires$|location$)/;

/** Whether responses of this status have no body. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Answers a text with a status, as Laf does for what it refuses. */
export function replyText(response: HttpResponse, status: number, text: string): void {
  response.statusCode = status;
  send(response, text, mimeTypes.html);
}

/** Answers an error of the catalogue as JSON. */
export function replyError(response: HttpResponse, error: HearthError, requestId: string): void {
  if ((error.code === 'FUNCTION_BUSY' || error.code === 'BODIES_BUSY') && !response.headersSent) response.setHeader('Retry-After', '1');
  replyFailure(response, error.status, { error: error.message, code: error.code, requestId });
}

/**
 * Answers a failure as JSON, whatever the function has put into the response before; when its headers
 * are out, destroys the connection, which is all that still tells the client. Does nothing to a response that has ended.
 */
export function replyFailure(response: HttpResponse, status: number, body: Readonly<Record<string, string>>): void {
  if (isOver(response)) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    if (describesBody.test(name)) response.removeHeader(name);
  }
  response.statusCode = status;
  response.statusMessage = STATUS_CODES[status] ?? '';
  send(response, JSON.stringify(body), mimeTypes.json);
}

/** Answers a throw: an error of the host's own with its code, anything else as Laf does, which says nothing about its cause. Never throws. */
export function replyThrown(response: HttpResponse, error: HearthError | undefined, requestId: string): void {
  try {
    if (error) replyError(response, error, requestId);
    else replyFailure(response, 500, { error: 'Internal Server Error', requestId });
  } catch {
    // The function has left the response in a state that nothing can be written to.
    response.destroy();
  }
}

/** Makes the listener that answers what fails in a response while it is being written, such as a file that is not there. */
export function createErrorListener(calls: Calls, counters: { requestErrors: number }): (this: HttpResponse, error: unknown) => void {
  return function answer(error) {
    const requestId = String(this.getHeader('request-id'));
    const status = clientStatus(error);
    if (status !== undefined && !this.headersSent) {
      replyFailure(this, status, { error: STATUS_CODES[status] ?? 'Refused', requestId });
      return;
    }
    const { current } = calls;
    counters.requestErrors += 1;
    if (current) calls.failures.report(error, current);
    else calls.log('error', `A response failed: ${messageOf(error)}`, { requestId });
    replyThrown(this, undefined, requestId);
  };
}

/** The status of an error that Express's members blame on the request. */
function clientStatus(error: unknown): number | undefined {
  try {
    const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
    return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the response is one of events, the first of which may be long in coming. */
export function isEventStream(response: HttpResponse): boolean {
  const type = response.getHeader('content-type');
  return typeof type === 'string' && type.startsWith('text/event-stream');
}

/** Ends a response with a body of a known length. */
export function send(response: HttpResponse, body: string | Buffer | undefined, type: string | undefined): void {
  if (response.headersSent) {
    response.end(body);
    return;
  }
  // The body is sent whole, so its length frames it.
  response.chunkedEncoding = false;
  if (response.hasHeader('transfer-encoding')) response.removeHeader('transfer-encoding');
  const { statusCode } = response;
  if (statusCode === 204 || statusCode === 304) {
    response.removeHeader('content-type');
    response.removeHeader('content-length');
    response.end();
    return;
  }
  if (type !== undefined) applyType(response, type);
  const content = statusCode === 205 ? undefined : body;
  response.setHeader('Content-Length', lengthOf(content));
  response.end(content);
}

/** A text without a character set gets the one that it is sent in, as in Express. */
function applyType(response: HttpResponse, type: string): void {
  const set = response.getHeader('content-type');
  if (set === undefined) response.setHeader('Content-Type', type);
  else if (typeof set === 'string' && set.startsWith('text/') && !set.includes('charset=')) {
    response.setHeader('Content-Type', `${set}; charset=utf-8`);
  }
}

/** Bytes of a body. */
export function lengthOf(body: string | Buffer | undefined): number {
  if (body === undefined) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}
