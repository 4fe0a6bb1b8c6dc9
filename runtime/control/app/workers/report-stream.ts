import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';

/** Reads what the watchdog of a worker reports, on a pipe of its own. */
export function readReports(child: ChildProcess, take: (report: WatchdogReport) => void): void {
  const [, , , , stream] = child.stdio;
  if (!(stream instanceof Readable)) return;
  // A worker that dies may take the pipe with it at any moment.
  stream.on('error', () => {});
  createInterface({ input: stream }).on('line', (line) => {
    const report: unknown = JSON.parse(line);
    if (isReport(report)) take(report);
  });
}

/** The watchdog writes whole lines by the types of its reports. */
function isReport(value: unknown): value is WatchdogReport {
  return typeof value === 'object' && value !== null && 'type' in value;
}
