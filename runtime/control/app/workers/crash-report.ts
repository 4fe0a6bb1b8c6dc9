import { z } from 'zod';
import { count, counters, EventLoopDelay, LogRecord, Memory, milliseconds, time } from '../schema-parts.ts';

const Place = z
  .object({ function: z.string(), revision: count, line: count.exactOptional(), column: count.exactOptional() })
  .meta({ description: 'Where the crash happened, if that is known or likely. Revision 0 is a draft; line and column start at 1.' });

export const CrashSummary = z.object({
  id: z.string(),
  at: time,
  pid: z.int().nullable(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  cause: z.enum(['stuck', 'memory', 'silent', 'garbled', 'unserved', 'exited']).meta({
    description:
      'Whether the event loop of the worker was blocked, its memory was used up, it went silent, what it said to the host was no message, it no longer served anybody although it ran, or it ended for another reason.',
  }),
  message: z.string().meta({ description: 'The cause, for people to read.' }),
  place: Place.exactOptional(),
  quarantined: z.boolean().meta({ description: 'Whether the function was disabled because of it.' }),
});

/** What is known of the end of a worker that was not told to end. */
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

export type CrashReport = Readonly<z.infer<typeof Crash>>;
export type CrashPlace = Readonly<z.infer<typeof Place>>;
