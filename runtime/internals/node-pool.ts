import { stat } from 'node:fs';

/** How many threads Node's pool has; read once, when the pool is used for the first time. */
export const poolVariable = 'UV_THREADPOOL_SIZE';

/** Starts the pool of this process with the size that its environment says, and takes the variable away: functions see their own only. */
export function startPool(): void {
  stat(process.execPath, () => {});
  delete process.env[poolVariable];
}
