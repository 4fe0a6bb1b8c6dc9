import { readConfig } from '../runtime/config.ts';
import type { WorkerLimits } from '../runtime/kernel/protocol.ts';

/** The limits of a host that is started without any variable. */
export const defaultLimits: WorkerLimits = readConfig({}, '/').limits;
