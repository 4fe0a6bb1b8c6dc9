import { z } from 'zod';
import { counters, count, disabled, EventLoopDelay, isoDate, Memory, milliseconds, time } from '../app/schema-parts.ts';
import { CrashSummary } from '../app/workers/crash-report.ts';

export const Quarantined = z.object({ name: z.string(), revision: z.int().min(1), ...disabled });

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
