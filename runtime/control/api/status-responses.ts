import { z } from 'zod';
import { mapCounters } from '../../kernel/protocol/metrics.ts';
import { count, isoDate, LogRecord, milliseconds, switchedOff, time } from './response-parts.ts';

const Memory = z.object({ rss: count, heapUsed: count, heapTotal: count, external: count }).meta({ description: 'Bytes.' });
const EventLoopDelay = z
  .object({ mean: milliseconds, p99: milliseconds, max: milliseconds })
  .meta({ description: 'Event-loop delay of the worker, in milliseconds over its last interval.' });

const counters = mapCounters((_name, { help }) => count.meta({ description: help }));

const CrashPlace = z
  .object({ function: z.string(), revision: count, line: count.exactOptional(), column: count.exactOptional() })
  .meta({ description: 'Where the crash happened, if that is known or likely. Revision 0 is a draft; line and column start at 1.' });

export const CrashSummary = z.object({
  id: z.string(),
  at: time,
  pid: z.int().nullable(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  cause: z.enum(['stuck', 'memory', 'silent', 'exited']).meta({
    description:
      'Whether the event loop of the worker was blocked, its memory was used up, it went silent, or it ended for another reason.',
  }),
  message: z.string().meta({ description: 'The cause, for people to read.' }),
  place: CrashPlace.exactOptional(),
  quarantined: z.boolean().meta({ description: 'Whether the function was disabled because of it.' }),
});

export const Crash = CrashSummary.extend({
  servedMs: milliseconds.meta({ description: 'How long the worker had been serving, in milliseconds.' }),
  stack: z.array(z.string()).readonly().meta({ description: 'The source positions on the stack that are in functions, innermost first.' }),
  suspects: z
    .array(z.object({ function: z.string(), revision: count, bytes: count }))
    .readonly()
    .meta({ description: 'Which functions held the sampled memory.' }),
  logs: z
    .array(LogRecord.extend({ id: count.exactOptional() }))
    .readonly()
    .meta({ description: 'The last log records before the crash.' }),
  metrics: z
    .object({ ...counters, listening: z.boolean(), functions: count, memory: Memory, eventLoopDelay: EventLoopDelay })
    .nullable()
    .meta({ description: "The worker's last metrics; null if it had reported none." }),
});

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
  connections: count.nullable().meta({ description: 'Sockets open at the time of the sample.' }),
  requests: count.meta({ description: 'Since the previous sample, as are the next four.' }),
  requestErrors: count,
  messagesReceived: count,
  messagesSent: count,
  logLinesDropped: count,
});

export const Status = z.object({
  version: z.string(),
  appId: z.string(),
  startedAt: isoDate,
  uptimeMs: count,
  functions: count,
  worker: Worker,
  quarantined: z.array(Quarantined).readonly().meta({ description: 'The functions that are disabled.' }),
  store: z
    .object({ kind: z.enum(['sqlite', 'mongodb']), available: z.boolean() })
    .meta({ description: 'Where the functions are stored, and whether that store can be reached.' }),
  diverged: z
    .array(z.object({ name: z.string(), revision: count, kept: count.nullable(), reason: z.string() }))
    .readonly()
    .meta({ description: 'Functions that another host published and that do not load on this one, which keeps its own revision.' }),
  memory: z.object({ control: Memory, worker: Memory.nullable() }),
  eventLoopDelay: EventLoopDelay.nullable(),
  counters: z.object(counters).nullable().meta({ description: 'Counted since the worker started; null until it has reported.' }),
});
