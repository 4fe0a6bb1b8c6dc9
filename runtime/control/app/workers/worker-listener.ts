import type { ChildProcess } from 'node:child_process';
import { guardChannel } from '../../../internals/node-channel.ts';
import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';
import type { WorkerMessage } from '../../../kernel/protocol/worker-calls.ts';
import { readReports } from './report-stream.ts';
import { isWorkerMessage } from './worker-message.ts';

/** What is heard of a worker process. Its functions MUST NOT throw. */
export interface WorkerListener {
  message(message: WorkerMessage): void;
  report(report: WatchdogReport): void;
  /** What came is no message, or nothing can come any more: only another worker can be trusted. */
  garbled(what: string): void;
}

/** Bytes of one message. A length that somebody else has written would let control wait for 4 GB of it. */
const messageLimit = 256 * 1024 ** 2;
/** Milliseconds after which a worker without a channel is not just ending by itself. */
const endingTime = 500;

/**
 * Listens to both channels of a worker. Every program that functions start can inherit the descriptors behind them and
 * write to them: nothing that comes may throw here, or grow without a bound.
 */
export function listen(child: ChildProcess, listener: WorkerListener): void {
  guardChannel(child, {
    read: createLengthCheck(() => listener.garbled('the worker sent bytes that are no message')),
    failed: () => listener.garbled('the worker sent bytes that are no message'),
  });
  child.on('message', (message: unknown) => {
    if (isWorkerMessage(message)) listener.message(message);
    else listener.garbled('the worker sent a message that no worker sends');
  });
  child.once('disconnect', () => {
    const timer = setTimeout(() => listener.garbled("the worker's channel to the host was closed"), endingTime);
    child.once('exit', () => clearTimeout(timer));
  });
  readReports(child, listener);
}

/** Follows the frames of Node's advanced serialization: four bytes with the length, the most significant first, then the message. */
function createLengthCheck(tooLong: () => void): (bytes: Uint8Array) => void {
  let length = 0;
  let headerBytes = 0;
  let left = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length;) {
      if (left > 0) {
        const skipped = Math.min(left, bytes.length - at);
        left -= skipped;
        at += skipped;
        continue;
      }
      length = length * 256 + (bytes[at++] ?? 0);
      headerBytes += 1;
      if (headerBytes < 4) continue;
      if (length > messageLimit) return tooLong();
      left = length;
      length = headerBytes = 0;
    }
  };
}
