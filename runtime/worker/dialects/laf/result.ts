import { lengthOf, isBodiless, isEventStream, mimeTypes, replyFailure, send } from '../../triggers/http/reply.ts';
import type { RequestOrigin } from '../../triggers/http/http-call.ts';
import type { ResponseBatch } from '../../triggers/http/response-batch.ts';
import { type HttpResponse, isHosts, isOver, writeWholeHead } from '../../triggers/http/response.ts';
import { toBytes } from '../../triggers/http/byte-values.ts';
import { isStreamValue, sendStreamValue } from '../../triggers/http/stream-values.ts';
import { refused } from './interceptor.ts';

/**
 * Makes the response of what a function returned, by Laf's rules: text and numbers are HTML, a Buffer is bytes,
 * anything else is JSON, nothing is an empty body; and bytes of any other kind, also of a stream, are bytes. A status and a content type that the function has set stay.
 * Does nothing when the function has ended the response, and leaves it open when the function returned nothing
 * and is still writing it. Throws when the value cannot be sent.
 */
export function reply({ response, requestId }: RequestOrigin, value: unknown, batch: ResponseBatch): void {
  if (isOver(response)) return;
  // What `return response.status(204)` and `return source.pipe(response)` return.
  if (value === undefined || value === null || value === response) {
    if (!isWriting(response)) send(response, undefined, undefined);
    return;
  }
  if (typeof value === 'string') sendWhole(response, value, mimeTypes.html, batch);
  else if (typeof value === 'number' || typeof value === 'bigint') sendWhole(response, String(value), mimeTypes.html, batch);
  else if (Buffer.isBuffer(value)) sendWhole(response, value, mimeTypes.bytes, batch);
  else if (value === refused) replyFailure(response, 403, { error: 'Forbidden', requestId });
  else replyObject(response, value, batch);
}

function replyObject(response: HttpResponse, value: unknown, batch: ResponseBatch): void {
  const bytes = toBytes(value);
  if (bytes) sendWhole(response, bytes, mimeTypes.bytes, batch);
  else if (isStreamValue(value)) {
    // What the function has piped itself is on its way.
    if (!isWriting(response)) sendStreamValue(response, value);
  } else sendWhole(response, toJson(value), mimeTypes.json, batch);
}

/** Sends what nearly all functions return: a body, without a word about headers. */
function sendWhole(response: HttpResponse, body: string | Buffer, type: string, batch: ResponseBatch): void {
  if (!isBodiless(response.statusCode) && writeWholeHead(response, type, lengthOf(body))) batch.end(response, body);
  else send(response, body, type);
}

/** Whether the function has begun to write the response, or has said that it will. */
function isWriting(response: HttpResponse): boolean {
  if (response.headersSent || response.chunkedEncoding || response.sendingFile) return true;
  // An Express or connect application has taken the request over, and may answer later.
  if (!isHosts(response) || Object.hasOwn(response.req, 'originalUrl')) return true;
  // A source that is piped into the response listens for `unpipe`, a slow writer for `drain`.
  if (response.listenerCount('unpipe') > 0 || response.listenerCount('drain') > 0) return true;
  return isEventStream(response);
}

function toJson(value: unknown): string {
  const text: unknown = JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new TypeError(`The function returned a ${typeof value} that cannot be sent.`);
}
