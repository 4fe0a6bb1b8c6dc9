import { z } from 'zod';
import { type ErrorCode, catalogue } from '../../kernel/errors.ts';
import { appExport } from '../app/transfer/export-format.ts';
import { count, disabled, isoDate, LogRecord, milliseconds, time } from '../app/schema-parts.ts';
import { Crash, CrashSummary } from '../app/workers/crash-report.ts';
import { httpMethods } from './requests.ts';
import { Quarantined, Status, StatusSample } from './status-responses.ts';

const methods = z.array(z.enum(httpMethods)).readonly().nullable().meta({ description: 'null for all methods.' });

const Diagnostic = z
  .object({ function: z.string(), line: count, column: count, message: z.string(), lineText: z.string() })
  .meta({ description: 'A position in a source; line and column start at 1.' });
const diagnostics = z.array(Diagnostic).readonly();

const loadError = Diagnostic.exactOptional().meta({
  description: 'Why the live code does not load. It is evaluated again at each use, and this is gone once it has loaded.',
});

const published = { name: z.string(), revision: z.int().min(1), url: z.string(), diagnostics, loadError };
const summary = {
  revision: z.int().min(1),
  note: z.string(),
  createdAt: isoDate,
  methods,
  size: count.meta({ description: 'The size of the source in bytes.' }),
};

const FunctionSummary = z.object({
  name: z.string(),
  ...summary,
  url: z.string(),
  imports: z
    .array(z.string())
    .readonly()
    .meta({ description: 'The functions that the source imports, including those imported only for their types.' }),
  loadError,
  quarantine: z.object(disabled).exactOptional().meta({ description: 'Present only while the function is disabled.' }),
});
const DeletedFunction = z.object({
  name: z.string(),
  ...summary,
  revision: z
    .int()
    .min(1)
    .meta({ description: 'The newest revision that is kept, with its creation time; a rollback to it restores the function.' }),
});
const RevisionSummary = z.object({ ...summary, live: z.boolean() });

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
  Initialized: z.object({ tookMs: milliseconds }),
  DeletedFunction,
  DeletedList: z.object({ functions: z.array(DeletedFunction).readonly() }),
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
      truncated: z.boolean().meta({ description: 'Whether the body was longer than a run keeps.' }),
    }),
    logs: z.array(LogRecord).readonly(),
    requestId: z.string().meta({ description: 'The request id on the log lines of the run, including those written after it ends.' }),
    tookMs: milliseconds,
  }),
  Connection,
  ConnectionList: z.object({
    connections: z.array(Connection).readonly(),
    total: count.meta({ description: 'How many connections match, including those beyond the limit.' }),
  }),
  CrashSummary,
  CrashList: z.object({ crashes: z.array(CrashSummary).readonly() }),
  Crash,
  Quarantined,
  Status,
  StatusSample,
  StatusHistory: z.object({ intervalMs: milliseconds, samples: z.array(StatusSample).readonly() }),
  AppExport: appExport,
  Imported: z.object({
    functions: z.array(z.object({ name: z.string(), outcome: z.enum(['added', 'replaced', 'published', 'unchanged']) })).readonly(),
    revisions: count.meta({ description: 'How many revisions were written.' }),
    diagnostics: diagnostics.meta({ description: 'Why some imported functions do not compile or load.' }),
    secret: z.enum(['none', 'left', 'taken']).meta({ description: 'Whether the file had a secret, and whether it was imported.' }),
    tookMs: milliseconds,
  }),
  Checked: z.object({
    diagnostics: z
      .array(
        Diagnostic.extend({
          endLine: count,
          endColumn: count,
          code: count.meta({ description: "TypeScript's." }),
          severity: z.enum(['error', 'warning']),
        }),
      )
      .readonly(),
    tookMs: milliseconds,
  }),
  Health: z.object({ status: z.literal('ok') }),
  Readiness: z.object({ status: z.enum(['ready', 'starting', 'draining', 'restarting', 'stopped']) }),
  Index: z.object({ name: z.literal('hearth'), api: z.string() }),
  OpenApi: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
  Error: ErrorAnswer,
} as const;

export type AnswerName = keyof typeof answers;

export type AnswerBody<N extends AnswerName> = z.output<(typeof answers)[N]>;

function isErrorCode(key: string): key is ErrorCode {
  return Object.hasOwn(catalogue, key);
}
