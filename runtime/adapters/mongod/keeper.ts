import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A process between the host and its mongod: it starts mongod, starts it again when it dies, and ends it
 * when the host says so or is gone. Without it a host that was killed would leave mongod behind.
 */

/** What the host tells its keeper, once. */
export interface KeeperOrder {
  readonly bin: string;
  readonly args: readonly string[];
}

/** Milliseconds before a mongod that died is started again, and until one that was asked to end is killed. */
const pause = 500;
const endTime = 10_000;

let child: ChildProcess | undefined;
let again: NodeJS.Timeout | undefined;
let ending = false;

function start({ bin, args }: KeeperOrder): void {
  // In a group of its own: the terminal's signals are not for it.
  child = spawn(bin, [...args], { stdio: 'ignore', detached: true });
  child.once('error', (error) => report(error.message));
  child.once('exit', (code, signal) => {
    report(signal ?? `exit code ${code}`);
    if (!ending) again = setTimeout(() => start({ bin, args }), pause);
  });
}

function report(ended: string): void {
  if (process.connected) process.send?.({ ended });
}

/** Ends mongod; then nothing keeps this process. */
function end(): void {
  ending = true;
  clearTimeout(again);
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  setTimeout(() => child?.kill('SIGKILL'), endTime).unref();
}

process.once('message', start);
process.once('disconnect', end);
// The terminal signals the whole group; the host decides when its database ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
