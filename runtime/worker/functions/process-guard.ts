import { exitCalls, killCalls } from '../../internals/node-process.ts';
import { HearthError } from '../../kernel/errors.ts';

/** Calls that would end or disturb the host; a function gets an error instead. */
const refusedCalls = [...exitCalls, 'send', 'disconnect', 'setUncaughtExceptionCaptureCallback', 'chdir'] as const;

function refuse(call: string): never {
  throw new HearthError('PROCESS_REFUSED', { call });
}

/**
 * Takes from the process object what ends or disturbs the host. Returns what the worker itself still
 * needs. This contains accidents, not malice.
 */
export function guardProcess(): { send: (message: object, done?: () => void) => void } {
  const send = process.send?.bind(process);
  for (const call of refusedCalls) {
    Object.defineProperty(process, call, { value: () => refuse(call), writable: true, configurable: true });
  }
  for (const call of killCalls) guardKill(call);
  return { send: (message, done) => void send?.(message, undefined, undefined, done) };
}

/** Keeps signals from the worker, its group and control; 0 only asks whether a process is there. */
function guardKill(name: string): void {
  const kill: unknown = Reflect.get(process, name);
  if (typeof kill !== 'function') return;
  Reflect.set(process, name, (pid: unknown, signal?: unknown): unknown => {
    // Node takes a string of digits as well.
    const target = Number(pid);
    if (signal !== 0 && (target === process.pid || target === process.ppid || target <= 0)) refuse('kill');
    const sent: unknown = Reflect.apply(kill, process, [target, signal]);
    return sent;
  });
}
