import { z } from 'zod';
import type { ErrorCode } from '../../kernel/errors.ts';
import { catalogue } from '../../kernel/errors.ts';
import { appExport } from '../transfer/format.ts';
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

const switchedOff = {
  reason: z.string().meta({ description: 'What it did, for a person.' }),
  since: time,
  crash: z.string().meta({ description: 'The id of the report of it.' }),
  previous: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: 'The newest earlier revision that was never switched off: a rollback to it switches the function on.' }),
};

const FunctionSummary = z.object({
  name: z.string(),
  ...summary,
  url: z.string(),
  quarantine: z.object(switchedOff).exactOptional().meta({ description: 'Only while the function is switched off.' }),
});
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
const EventLoopDelay = z
  .object({ mean: milliseconds, p99: milliseconds, max: milliseconds })
  .meta({ description: "The worker's, in milliseconds over its last interval." });

const counters = {
  requests: count,
  requestErrors: count,
  connections: count,
  connectionsTotal: count,
  messagesReceived: count,
  messagesSent: count,
  logLinesDropped: count,
  requestsActive: count.meta({ description: 'HTTP requests that functions are answering.' }),
  requestsQueued: count.meta({ description: 'HTTP requests that wait for their turn.' }),
  refused: count.meta({ description: 'Requests and connections refused because there were too many.' }),
  timeouts: count.meta({ description: 'Requests and socket events that did not end in time.' }),
  stopped: count.meta({ description: 'Functions stopped for running or allocating without a pause.' }),
  buffered: count.meta({ description: 'Bytes that wait to be sent, over all sockets.' }),
};

const CrashPlace = z
  .object({ function: z.string(), revision: count, line: count.exactOptional(), column: count.exactOptional() })
  .meta({ description: 'Where it happened, if that is known or likely. Revision 0 is a draft; line and column count from 1.' });

const CrashSummary = z.object({
  id: z.string(),
  at: time,
  pid: z.int().nullable(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  cause: z.enum(['stuck', 'memory', 'silent', 'exited']).meta({
    description: 'Its event loop stood still, its memory was used up, it said nothing any more, or it ended for a reason of its own.',
  }),
  message: z.string().meta({ description: 'The same for a person.' }),
  place: CrashPlace.exactOptional(),
  quarantined: z.boolean().meta({ description: 'Whether the function was switched off for it.' }),
});

const Crash = CrashSummary.extend({
  servedMs: milliseconds.meta({ description: 'Milliseconds that the worker had served.' }),
  stack: z.array(z.string()).readonly().meta({ description: 'The places in functions on the stack, innermost first.' }),
  suspects: z
    .array(z.object({ function: z.string(), revision: count, bytes: count }))
    .readonly()
    .meta({ description: 'Who held the sampled memory.' }),
  logs: z
    .array(LogRecord.extend({ id: count.exactOptional() }))
    .readonly()
    .meta({ description: 'The last records of the log before.' }),
  metrics: z
    .object({ ...counters, listening: z.boolean(), functions: count, memory: Memory, eventLoopDelay: EventLoopDelay })
    .nullable()
    .meta({ description: "The worker's last numbers; null when it had told none." }),
});

const Quarantined = z.object({ name: z.string(), revision: z.int().min(1), ...switchedOff });

const Worker = z.object({
  state: z.enum(['starting', 'serving', 'draining', 'restarting', 'stopped']),
  pid: z.int().nullable(),
  since: time.exactOptional(),
  attempt: count.exactOptional(),
  standby: z.enum(['ready', 'starting', 'none']),
  restarts: count,
  lastCrash: CrashSummary.nullable(),
});

const Status = z.object({
  version: z.string(),
  appId: z.string(),
  startedAt: isoDate,
  uptimeMs: count,
  functions: count,
  worker: Worker,
  quarantined: z.array(Quarantined).readonly().meta({ description: 'The functions that are switched off.' }),
  store: z
    .object({ kind: z.enum(['sqlite', 'mongodb']), available: z.boolean() })
    .meta({ description: 'Where the functions are kept, and whether that can be reached.' }),
  diverged: z
    .array(z.object({ name: z.string(), revision: count, kept: count.nullable(), reason: z.string() }))
    .readonly()
    .meta({ description: 'Functions that another host has published and that do not load on this one, which keeps what it had.' }),
  memory: z.object({ control: Memory, worker: Memory.nullable() }),
  eventLoopDelay: EventLoopDelay.nullable(),
  counters: z.object(counters).nullable().meta({ description: 'Since the worker started; null until it has told.' }),
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
  CrashSummary,
  CrashList: z.object({ crashes: z.array(CrashSummary).readonly() }),
  Crash,
  Quarantined,
  Status,
  AppExport: appExport,
  Imported: z.object({
    functions: z.array(z.object({ name: z.string(), outcome: z.enum(['added', 'replaced', 'published', 'unchanged']) })).readonly(),
    revisions: count.meta({ description: 'How many were written.' }),
    diagnostics: diagnostics.meta({ description: 'Why functions do not compile or load, which were kept all the same.' }),
    secret: z.enum(['none', 'left', 'taken']).meta({ description: 'Whether it had a secret, and whether that was taken.' }),
    tookMs: milliseconds,
  }),
  Health: z.object({ status: z.literal('ok') }),
  Readiness: z.object({ status: z.enum(['ready', 'starting', 'draining', 'restarting', 'stopped']) }),
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
