import { z } from 'zod';
import { count, isoDate, LogRecord, milliseconds, switchedOff, time } from './answer-parts.ts';

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

/** A report of a crash in a list. */
export const CrashSummary = z.object({
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

/** A report of a crash. */
export const Crash = CrashSummary.extend({
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

/** A function that is switched off. */
export const Quarantined = z.object({ name: z.string(), revision: z.int().min(1), ...switchedOff });

const Worker = z.object({
  state: z.enum(['starting', 'serving', 'draining', 'restarting', 'stopped']),
  pid: z.int().nullable(),
  since: time.exactOptional(),
  attempt: count.exactOptional(),
  standby: z.enum(['ready', 'starting', 'none']),
  restarts: count,
  lastCrash: CrashSummary.nullable(),
});

/** How the host was at one moment. */
export const StatusSample = z.object({
  time,
  state: Worker.shape.state,
  restarts: count,
  rssControl: count.meta({ description: 'Bytes.' }),
  rssWorker: count.nullable(),
  heapWorker: count.nullable(),
  loopMean: milliseconds.nullable(),
  loopP99: milliseconds.nullable(),
  loopMax: milliseconds.nullable(),
  connections: count.nullable().meta({ description: 'Sockets open at that time.' }),
  requests: count.meta({ description: 'Since the sample before, as the next four.' }),
  requestErrors: count,
  messagesReceived: count,
  messagesSent: count,
  logLinesDropped: count,
});

/** How the host is. */
export const Status = z.object({
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
