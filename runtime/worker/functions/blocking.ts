import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';
import { HearthError } from '../../kernel/errors.ts';
import type { Calls } from '../../kernel/calls/calls.ts';

type SyncCall = 'execSync' | 'execFileSync' | 'spawnSync';

/**
 * Bounds the calls of Node that wait for something while the whole worker waits with them: no guard
 * reaches code that sleeps. `limit` is in milliseconds; `Atomics.wait()` then throws `CPU_LIMIT_EXCEEDED`,
 * and a program that runs for longer is killed, as by its own `timeout`.
 */
export function boundBlockingCalls(limit: number): void {
  if (limit === 0) return;
  boundAtomicsWait(limit);
  for (const call of ['execSync', 'execFileSync', 'spawnSync'] as const) boundProgram(call, limit);
  // For packages that are ES modules, whose imports are copies.
  syncBuiltinESMExports();
}

/** Calls of Node that may take any time, and that nothing can look into meanwhile. */
const nativeCalls: readonly (readonly [object, readonly string[]])[] = [
  [crypto, ['pbkdf2Sync', 'scryptSync', 'hkdfSync', 'generateKeyPairSync', 'generatePrimeSync', 'checkPrimeSync']],
  [zlib, Object.keys(zlib).filter((name) => name.endsWith('Sync'))],
  [childProcess, ['execSync', 'execFileSync', 'spawnSync']],
];

/** Attributes these calls to the function that makes them: after an `await` the watchdog could not tell. */
export function markNativeCalls(calls: Pick<Calls, 'enterCurrent'>): void {
  for (const [owner, names] of nativeCalls) for (const name of names) markCall(owner, name, calls);
  syncBuiltinESMExports();
}

function markCall(owner: object, name: string, calls: Pick<Calls, 'enterCurrent'>): void {
  const call: unknown = Reflect.get(owner, name);
  if (typeof call !== 'function') return;
  Reflect.set(owner, name, (...args: unknown[]): unknown => {
    const result: unknown = calls.enterCurrent(() => Reflect.apply(call, owner, args), undefined);
    return result;
  });
}

function boundAtomicsWait(limit: number): void {
  const wait: unknown = Reflect.get(Atomics, 'wait');
  if (typeof wait !== 'function') return;
  Reflect.set(Atomics, 'wait', (array: unknown, index: unknown, value: unknown, timeout: unknown = Infinity): unknown => {
    const longest = Number(timeout);
    // It takes NaN for "without end".
    const over = longest > limit || Number.isNaN(longest);
    const answer: unknown = Reflect.apply(wait, Atomics, [array, index, value, over ? limit : timeout]);
    if (answer === 'timed-out' && over) throw new HearthError('CPU_LIMIT_EXCEEDED', { limit });
    return answer;
  });
}

function boundProgram(name: SyncCall, limit: number): void {
  const run: unknown = Reflect.get(childProcess, name);
  if (typeof run !== 'function') return;
  Reflect.set(childProcess, name, (...args: unknown[]): unknown => {
    const at = args.findIndex((argument) => typeof argument === 'object' && argument !== null && !Array.isArray(argument));
    const given: unknown = at === -1 ? undefined : args[at];
    const options = { ...Object(given), ...bounded(Reflect.get(Object(given), 'timeout'), limit) };
    const answer: unknown = Reflect.apply(run, childProcess, at === -1 ? [...args, options] : args.with(at, options));
    return answer;
  });
}

/** Node takes no timeout and 0 for "without end". A program may pass over the signal that it is asked with. */
function bounded(timeout: unknown, limit: number): { readonly timeout?: number; readonly killSignal?: 'SIGKILL' } {
  return typeof timeout === 'number' && timeout > 0 && timeout <= limit ? {} : { timeout: limit, killSignal: 'SIGKILL' };
}
