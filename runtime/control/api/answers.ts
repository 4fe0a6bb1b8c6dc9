import { z } from 'zod';
import type { ErrorCode } from '../../kernel/errors.ts';
import { catalogue } from '../../kernel/errors.ts';
import { logLevels } from '../../kernel/logger.ts';
import { httpMethods } from './requests.ts';

const count = z.int().min(0);
const milliseconds = z.number();
const time = z.number().meta({ description: 'Milliseconds since the epoch.' });
const isoDate = z.iso.datetime();
const methods = z.array(z.enum(httpMethods)).readonly().nullable().meta({ description: 'null: all.' });

const Diagnostic = z
  .object({ function: z.string(), line: count, column: count, message: z.string(), lineText: z.string() })
  .meta({ description: 'A place in a source; line and column count from 1.' });
const diagnostics = z.array(Diagnostic).readonly();

const published = { name: z.string(), revision: z.int().min(1), url: z.string(), diagnostics };
const summary = {
  revision: z.int().min(1),
  note: z.string(),
  createdAt: isoDate,
  methods,
  size: count.meta({ description: 'Bytes of the source.' }),
};

const FunctionSummary = z.object({ name: z.string(), ...summary, url: z.string() });
const RevisionSummary = z.object({ ...summary, live: z.boolean() });

const LogRecord = z.object({
  time,
  level: z.enum(logLevels),
  message: z.string(),
  function: z.string().exactOptional(),
  revision: count.exactOptional(),
  requestId: z.string().exactOptional(),
  connectionId: z.string().exactOptional(),
  line: count.exactOptional(),
  column: count.exactOptional(),
  stack: z.string().exactOptional(),
});
const LoggedRecord = LogRecord.extend({ id: count });

const Connection = z.object({
  id: z.string(),
  user: z.unknown(),
  url: z.string(),
  remoteAddress: z.string(),
  since: time,
  received: count,
  receivedBytes: count,
  sent: count,
  sentBytes: count,
  buffered: count,
  queued: count,
});

const Memory = z.object({ rss: count, heapUsed: count, heapTotal: count, external: count }).meta({ description: 'Bytes.' });

const Worker = z.object({
  state: z.enum(['starting', 'serving', 'restarting', 'stopped']),
  pid: z.int().nullable(),
  since: time.exactOptional(),
  attempt: count.exactOptional(),
  standby: z.enum(['ready', 'starting', 'none']),
  restarts: count,
  lastCrash: z.object({ at: time, pid: z.int().nullable(), code: z.int().nullable(), signal: z.string().nullable() }).nullable(),
});

const Status = z.object({
  version: z.string(),
  appId: z.string(),
  startedAt: isoDate,
  uptimeMs: count,
  functions: count,
  worker: Worker,
  memory: z.object({ control: Memory, worker: Memory.nullable() }),
  eventLoopDelay: z
    .object({ mean: milliseconds, p99: milliseconds, max: milliseconds })
    .nullable()
    .meta({ description: "The worker's, in milliseconds over its last interval." }),
  counters: z
    .object({
      requests: count,
      requestErrors: count,
      connections: count,
      connectionsTotal: count,
      messagesReceived: count,
      messagesSent: count,
      logLinesDropped: count,
    })
    .nullable()
    .meta({ description: 'Since the worker started; null until it has told.' }),
});

const ErrorAnswer = z.object({
  error: z.looseObject({
    code: z.enum(Object.keys(catalogue).filter(isErrorCode)),
    message: z.string(),
    diagnostics: diagnostics.exactOptional(),
  }),
});

/** What the calls answer, under the names that the API's description gives them. */
export const answers = {
  Diagnostic,
  FunctionSummary,
  FunctionList: z.object({ functions: z.array(FunctionSummary).readonly() }),
  Function: FunctionSummary.extend({ source: z.string() }),
  Published: z.object({ ...published, tookMs: milliseconds }),
  PublishedChange: z.object({
    functions: z.array(z.object({ ...published, created: z.boolean() })).readonly(),
    deleted: z.array(z.string()).readonly(),
    tookMs: milliseconds,
  }),
  RevisionSummary,
  RevisionList: z.object({ revisions: z.array(RevisionSummary).readonly() }),
  Revision: RevisionSummary.extend({ source: z.string() }),
  LogRecord,
  LoggedRecord,
  LogList: z.object({ logs: z.array(LoggedRecord).readonly() }),
  RunResult: z.object({
    response: z.object({
      status: z.int(),
      headers: z.record(z.string(), z.union([z.string(), z.array(z.string()).readonly()])),
      body: z.string(),
      encoding: z.enum(['utf8', 'base64']),
      truncated: z.boolean().meta({ description: 'Whether the body was longer than what a run keeps of it.' }),
    }),
    logs: z.array(LogRecord).readonly(),
    tookMs: milliseconds,
  }),
  Connection,
  ConnectionList: z.object({ connections: z.array(Connection).readonly() }),
  Status,
  Health: z.object({ status: z.literal('ok') }),
  Readiness: z.object({ status: z.enum(['ready', 'starting', 'restarting', 'stopped']) }),
  Index: z.object({ name: z.literal('hearth'), api: z.string() }),
  OpenApi: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
  Error: ErrorAnswer,
} as const;

/** The name of an answer. */
export type AnswerName = keyof typeof answers;

/** What an answer of that name is. */
export type AnswerBody<N extends AnswerName> = z.output<(typeof answers)[N]>;

function isErrorCode(key: string): key is ErrorCode {
  return Object.hasOwn(catalogue, key);
}
