import { z } from 'zod';
import { logLevels } from '../../kernel/ports/logger.ts';
import { mapCounters } from '../../kernel/protocol/metrics.ts';

export const count = z.int().min(0);

export const milliseconds = z.number();

export const time = z.number().meta({ description: 'Milliseconds since the epoch.' });

export const isoDate = z.iso.datetime();

/** Why a function is disabled. */
export const disabled = {
  reason: z.string().meta({ description: 'What the function did, for people to read.' }),
  since: time,
  crash: z.string().meta({ description: 'The id of its crash report.' }),
  previous: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: 'The newest earlier revision that was never disabled; a rollback to it enables the function.' }),
};

export const LogRecord = z.object({
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

export const Memory = z.object({ rss: count, heapUsed: count, heapTotal: count, external: count }).meta({ description: 'Bytes.' });
export const EventLoopDelay = z
  .object({ mean: milliseconds, p99: milliseconds, max: milliseconds })
  .meta({ description: 'Event-loop delay of the worker, in milliseconds over its last interval.' });

export const counters = mapCounters((_name, { help }) => count.meta({ description: help }));
