import { Worker as Thread } from 'node:worker_threads';
import { collectGarbage } from '../../internals/v8-garbage.ts';
import type { NotifyWatchdog } from './pulse.ts';
import { UnsentLines } from './unsent-lines.ts';
import { slot, type WatchdogStart } from './shared-flags.ts';

/** The file descriptor on which control reads what the watchdog reports. */
const reportDescriptor = 4;

export interface WatchdogLink {
  readonly flags: Int32Array;
  /** Those of them that say whose code runs, and whose imports. */
  readonly running: Int32Array;
  readonly notify: NotifyWatchdog;
  /** Log lines that are still to be sent. */
  readonly unsent: UnsentLines;
}

/** Starts the watchdog of this process, which ends the process when `control` is no longer its parent. */
export function createWatchdogLink(control: number): WatchdogLink {
  const flags = new Int32Array(new SharedArrayBuffer(4 * Object.keys(slot).length));
  const unsent = new UnsentLines();
  const workerData: WatchdogStart = {
    shared: flags,
    unsent: unsent.shared,
    inspectable: !('permission' in process),
    control,
    descriptor: reportDescriptor,
  };
  // Functions' flags are not the thread's, and its memory is not theirs.
  const thread = new Thread(new URL('./watchdog.js', import.meta.url), { workerData, execArgv: [], env: {} });
  thread.on('message', () => collectGarbage());
  thread.unref();
  return {
    flags,
    running: new Int32Array(flags.buffer, slot.running * flags.BYTES_PER_ELEMENT, 2),
    unsent,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    notify: (notice) => thread.postMessage(notice),
  };
}
