// @ts-check
import { join } from 'node:path';
import { build, dist, isBuilt } from './build.mjs';
import { Interrupted } from './child.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { buildWeb, isWebBuilt } from './web.mjs';

/**
 * Brings node_modules and dist up to date; if they are, it writes nothing. Several processes may call it
 * at the same time.
 *
 * @param {import('./install.mjs').Scope} scope
 */
export async function prepare(scope) {
  if (isInstalled(scope) && isBuilt() && isWebBuilt()) return;
  await withLock(join(dist, '.lock'), {
    onWait: () => console.log('Another start is installing or building. Waiting for it …'),
    work: async () => {
      if (!isInstalled(scope)) await install(scope);
      if (!isBuilt()) await build();
      if (!isWebBuilt()) await buildWeb();
    },
  });
}

/**
 * Runs a command's work. If it fails, prints one line and ends the process.
 *
 * @param {() => Promise<void>} work
 */
export async function orFail(work) {
  try {
    await work();
  } catch (error) {
    // End by the same signal, so that the shell and npm see what happened.
    if (error instanceof Interrupted) process.kill(process.pid, error.signal);
    else console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
