import { STATUS_CODES } from 'node:http';
import type { HearthError } from '../../../kernel/errors.ts';
import type { Outbox } from './outbox.ts';
import type { HttpResponse } from './response.ts';

const html = 'text/html; charset=utf-8';
const json = 'application/json; charset=utf-8';
const bytes = 'application/octet-stream';

// What a function has said about the body that it then failed to make, or about where and how long to find it.
const describesBody = /^(?:content-(?!security-)|transfer-encoding$|trailer$|etag$|last-modified$|cache-control$|expires$|location$)/;

/**
 * Makes the response of what a function returned, by Laf's rules: text and numbers are HTML, a Buffer
 * is bytes, anything else JSON, nothing an empty body. A status and a content type that the function
 * has set stay. Does nothing when the function has ended the response, and leaves it open when the
 * function returned nothing and is still writing it. Throws when the value cannot be sent.
 */
export function reply(response: HttpResponse, value: unknown, outbox: Outbox): void {
  if (response.isOver) return;
  // What `return response.status(204)` and `return source.pipe(response)` return.
  if (value === undefined || value === null || value === response) {
    if (!isWriting(response)) send(response, undefined, undefined);
    return;
  }
  if (typeof value === 'string') sendWhole(response, value, html, outbox);
  else if (typeof value === 'number' || typeof value === 'bigint') sendWhole(response, String(value), html, outbox);
  else if (Buffer.isBuffer(value)) sendWhole(response, value, bytes, outbox);
  else sendWhole(response, toJson(value), json, outbox);
}

/** Sends what nearly all functions answer: a body, and nothing of their own in the headers. */
function sendWhole(response: HttpResponse, body: string | Buffer, type: string, outbox: Outbox): void {
  if (!isBodiless(response.statusCode) && response.writeWholeHead(type, lengthOf(body))) outbox.end(response, body);
  else send(response, body, type);
}

/** Statuses whose answers have no body, or must not have one. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Answers a text with a status, as Laf does for what it refuses. */
export function replyText(response: HttpResponse, status: number, text: string): void {
  response.statusCode = status;
  send(response, text, html);
}

/** Answers an error of the catalogue as JSON. */
export function replyError(response: HttpResponse, error: HearthError, requestId: string): void {
  if (error.code === 'FUNCTION_BUSY' && !response.headersSent) response.setHeader('Retry-After', '1');
  replyFailure(response, error.status, { error: error.message, code: error.code, requestId });
}

/**
 * Answers a failure as JSON, whatever the function has put into the response before; when its headers
 * are out, destroys the connection, which is all that still tells the client. Does nothing to a response that has ended.
 */
export function replyFailure(response: HttpResponse, status: number, body: Readonly<Record<string, string>>): void {
  if (response.isOver) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    if (describesBody.test(name)) response.removeHeader(name);
  }
  response.statusCode = status;
  response.statusMessage = STATUS_CODES[status] ?? '';
  send(response, JSON.stringify(body), json);
}

/** Whether the function has begun to answer by itself, or has said that it will. */
function isWriting(response: HttpResponse): boolean {
  if (response.headersSent || response.chunkedEncoding || response.sendingFile) return true;
  // Whatever pipes into the response listens for the one, whatever writes in its own time for the other.
  if (response.listenerCount('unpipe') > 0 || response.listenerCount('drain') > 0) return true;
  return isEventStream(response);
}

/** Whether the response is one of events, the first of which may be long in coming. */
export function isEventStream(response: HttpResponse): boolean {
  const type = response.getHeader('content-type');
  return typeof type === 'string' && type.startsWith('text/event-stream');
}

function send(response: HttpResponse, body: string | Buffer | undefined, type: string | undefined): void {
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

function lengthOf(body: string | Buffer | undefined): number {
  if (body === undefined) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

function toJson(value: unknown): string {
  const text: unknown = JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new TypeError(`The function returned a ${typeof value} that cannot be sent.`);
}
