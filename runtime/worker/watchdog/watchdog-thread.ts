import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { WatchdogStart } from './shared-flags.ts';
import { UnsentLines } from './unsent-lines.ts';
import { Watchdog } from './watchdog.ts';

/**
 * A thread beside the worker's own, for when that one hangs in a function: it stops what guards reach,
 * tells control of what they do not, and ends a worker whose control has died, which would keep the port.
 */
const { shared, unsent, inspectable, control, descriptor }: WatchdogStart = workerData;

function collect(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  parentPort?.postMessage('collect');
}

const watchdog = new Watchdog({ shared, unsent: new UnsentLines(unsent), inspectable, collect }, (report) => {
  try {
    writeSync(descriptor, `${JSON.stringify(report)}\n`);
  } catch {
    // Control has gone, which the next look will see.
  }
});

parentPort?.on('message', (notice) => watchdog.take(notice));

function look(): void {
  if (process.ppid !== control) end();
  setTimeout(look, watchdog.look());
}

look();

/** With all that functions have started: the worker leads a process group of its own. */
function end(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}
