import type Koa from 'koa';
import { z } from 'zod';
import { HearthError } from '../../kernel/errors.ts';
import { logLevels } from '../../kernel/ports/logger.ts';
import { fitsCloseFrame, isSendableCode, maximumReasonBytes } from '../../net/close-code.ts';
import { explain } from './explain.ts';

const latestTime = 8_640_000_000_000_000;

const flag = z.enum(['true', 'false']);

/** The calls' query strings; their input side is what the API's description shows. */
export const queries = {
  Logs: z.strictObject({
    function: z.string().min(1).exactOptional().meta({ description: 'Records of this function.' }),
    level: z.enum(logLevels).exactOptional().meta({ description: 'Records of this level and more severe ones.' }),
    requestId: z.string().min(1).exactOptional().meta({ description: 'Records of this request or socket event.' }),
    connectionId: z.string().min(1).exactOptional().meta({ description: 'Records of this connection.' }),
    text: z.string().min(1).exactOptional().meta({ description: 'Part of the message, ignoring case.' }),
    since: z
      .string()
      .transform(toTime)
      .exactOptional()
      .meta({ description: 'Records from this time on: milliseconds since the epoch, or an ISO 8601 date.' }),
    limit: z
      .preprocess(toInteger, z.int().min(1).max(10_000))
      .exactOptional()
      .meta({ description: 'At most this many of the newest records: 1 to 10000.' }),
  }),
  Connections: z.strictObject({
    filter: z.string().min(1).exactOptional().meta({ description: 'Part of the id, of the URL or of the user as JSON, ignoring case.' }),
    limit: z
      .preprocess(toInteger, z.int().min(1).max(100_000))
      .exactOptional()
      .meta({ description: 'At most this many of the oldest: 1 to 100000, 1000 by default.' }),
  }),
  History: z.strictObject({
    since: z
      .string()
      .transform(toTime)
      .exactOptional()
      .meta({ description: 'Samples after this time: milliseconds since the epoch, or an ISO 8601 date.' }),
  }),
  Export: z.strictObject({
    secret: flag.exactOptional().meta({ description: "Whether to include the secret that signs the app's tokens; false by default." }),
  }),
  Import: z.strictObject({
    mode: z.enum(['refuse', 'replace', 'publish']).exactOptional().meta({
      description:
        'What to do if functions in the import already exist here: refuse the whole import (the default), replace their revision histories, or publish the live revisions of the import as new ones.',
    }),
    secret: flag.exactOptional().meta({ description: "Whether the import's secret, if it has one, becomes the host's; false by default." }),
  }),
  Disconnect: z.strictObject({
    code: z
      .preprocess(
        toInteger,
        z.int().refine(isSendableCode, 'must be a close code that can be sent: 1000 to 1014 except 1004 to 1006, or 3000 to 4999'),
      )
      .exactOptional()
      .meta({ description: 'The close code, 1000 by default.' }),
    reason: z
      .string()
      .refine(fitsCloseFrame, `must be at most ${maximumReasonBytes} bytes`)
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
