import type Koa from 'koa';
import { z } from 'zod';
import { HearthError } from '../../kernel/errors.ts';
import { logLevels } from '../../kernel/ports/logger.ts';
import { explain } from './explain.ts';

const latestTime = 8_640_000_000_000_000;
const closeReasonBytes = 123;

const flag = z.enum(['true', 'false']);

/** The calls' query strings; their input side is what the API's description shows. */
export const queries = {
  Logs: z.strictObject({
    function: z.string().min(1).exactOptional().meta({ description: 'Records of this function.' }),
    level: z.enum(logLevels).exactOptional().meta({ description: 'This level and the more urgent ones.' }),
    requestId: z.string().min(1).exactOptional().meta({ description: 'Records of this request, or of this event of a socket.' }),
    connectionId: z.string().min(1).exactOptional().meta({ description: 'Records of this socket.' }),
    text: z.string().min(1).exactOptional().meta({ description: 'A part of the message, in any case.' }),
    since: z
      .string()
      .transform(toTime)
      .exactOptional()
      .meta({ description: 'Records from then on: milliseconds since the epoch, or an ISO 8601 date.' }),
    limit: z.preprocess(toInteger, z.int().min(1).max(10_000)).exactOptional().meta({ description: 'The newest so many: 1 to 10000.' }),
  }),
  Connections: z.strictObject({
    filter: z.string().min(1).exactOptional().meta({ description: 'A part of the id, of the URL or of the user as JSON, in any case.' }),
    limit: z
      .preprocess(toInteger, z.int().min(1).max(100_000))
      .exactOptional()
      .meta({ description: 'The oldest so many: 1 to 100000, 1000 unless given.' }),
  }),
  History: z.strictObject({
    since: z
      .string()
      .transform(toTime)
      .exactOptional()
      .meta({ description: 'Samples after that: milliseconds since the epoch, or an ISO 8601 date.' }),
  }),
  Export: z.strictObject({
    secret: flag.exactOptional().meta({ description: "Whether the secret that signs the app's tokens is in it; false unless given." }),
  }),
  Import: z.strictObject({
    mode: z.enum(['refuse', 'replace', 'publish']).exactOptional().meta({
      description:
        'When functions of the import exist here: refuse all of it, which is what happens unless this is given; replace their histories; or publish what is live in it as new revisions.',
    }),
    secret: flag.exactOptional().meta({ description: "Whether its secret, if it has one, becomes the host's; false unless given." }),
  }),
  Disconnect: z.strictObject({
    code: z
      .preprocess(
        toInteger,
        z.int().refine(isCloseCode, 'must be a close code that may be sent: 1000 to 1014 without 1004 to 1006, or 3000 to 4999'),
      )
      .exactOptional()
      .meta({ description: 'The close code, 1000 unless given.' }),
    reason: z
      .string()
      .refine((reason) => Buffer.byteLength(reason) <= closeReasonBytes, `must be at most ${closeReasonBytes} bytes`)
      .exactOptional()
      .meta({ description: 'The close reason, at most 123 bytes in UTF-8.' }),
  }),
} as const;

/** Answers what the schema makes of the query string; throws `INVALID_QUERY` with the reason. */
export function readQuery<T>(ctx: Koa.Context, schema: z.ZodType<T>): T {
  const result = schema.safeParse({ ...ctx.query });
  if (!result.success) throw new HearthError('INVALID_QUERY', { reason: explain(result.error) });
  return result.data;
}

// Only digits: Number() would take an empty string, a hexadecimal number and blanks.
function toInteger(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
}

function toTime(value: string, context: z.RefinementCtx): number {
  const isNumber = /^\d{1,16}$/.test(value);
  const time = isNumber ? Number(value) : /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (time <= latestTime) return time;
  context.addIssue({ code: 'custom', message: 'must be milliseconds since the epoch or an ISO 8601 date', input: value });
  return z.NEVER;
}

/** Whether an endpoint may send the code in a close frame (RFC 6455, 7.4). */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}
