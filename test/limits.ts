import { readConfig } from '../runtime/control/host/config.ts';
import type { WorkerLimits } from '../runtime/kernel/protocol/settings.ts';

/** The limits of a host that is started without any variable. */
export const defaultLimits: WorkerLimits = readConfig({}, '/').app.limits;
