import { z } from 'zod';
import { logLevels } from '../../kernel/ports/logger.ts';

/** A number of things. */
export const count = z.int().min(0);

/** A duration. */
export const milliseconds = z.number();

/** A moment. */
export const time = z.number().meta({ description: 'Milliseconds since the epoch.' });

/** A moment as text. */
export const isoDate = z.iso.datetime();

/** Why a function is switched off. */
export const switchedOff = {
  reason: z.string().meta({ description: 'What it did, for a person.' }),
  since: time,
  crash: z.string().meta({ description: 'The id of the report of it.' }),
  previous: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: 'The newest earlier revision that was never switched off: a rollback to it switches the function on.' }),
};

/** A line of the log. */
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
