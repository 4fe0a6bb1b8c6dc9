import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import type { z } from 'zod';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import { explain } from './explain.ts';

// Without `stream` a decoder keeps nothing between two calls.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the request's JSON object and answers what the schema makes of it. Throws `INVALID_BODY` with
 * the reason, or `BODY_TOO_LARGE` beyond `limit` bytes.
 */
export async function readBody<T>(ctx: Koa.Context, schema: z.ZodType<T>, limit: number): Promise<T> {
  checkType(ctx);
  const result = schema.safeParse(parseObject(await readBytes(ctx.req, limit)));
  if (!result.success) throw invalid(explain(result.error));
  return result.data;
}

export function invalid(reason: string): HearthError {
  return new HearthError('INVALID_BODY', { reason });
}

function checkType(ctx: Koa.Context): void {
  const type = ctx.request.type.trim().toLowerCase();
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw invalid('its content-type must be application/json.');
  }
  const charset = ctx.request.charset.toLowerCase();
  if (charset !== '' && charset !== 'utf-8' && charset !== 'utf8') throw invalid('its character set must be UTF-8.');
  const encoding = ctx.get('Content-Encoding').toLowerCase();
  if (encoding !== '' && encoding !== 'identity') throw invalid('a content-encoding is not supported.');
}

function parseObject(bytes: Buffer): unknown {
  if (bytes.length === 0) throw invalid('it is empty.');
  const value = parse(decode(bytes));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it must be a JSON object.');
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid('it is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`it is not valid JSON (${messageOf(error)}).`);
  }
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: HearthError): void => {
      request.off('data', take);
      request.off('end', finish);
      // What is left is discarded as it comes, so that the client can read the answer instead of a reset.
      request.resume();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) fail(new HearthError('BODY_TOO_LARGE', { limit }));
      else chunks.push(chunk);
    };
    const finish = (): void => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks, size));
    };
    const lost = (): void => reject(invalid('the connection ended before it did.'));
    request.once('error', lost).once('close', lost);
    if (Number(request.headers['content-length']) > limit) fail(new HearthError('BODY_TOO_LARGE', { limit }));
    else request.on('data', take).once('end', finish);
  });
}
