import childProcess from 'node:child_process';
import { HearthError } from '../../kernel/errors.ts';

/** The worker's channel to control and its watchdog's. */
const hostDescriptors: ReadonlySet<unknown> = new Set([3, 4]);

/**
 * Keeps programs from being given the host's descriptors. By themselves they get none, as Node opens all of its own
 * close-on-exec; but code that lists `3` in `stdio` hands over a copy, and a program that reads from it takes messages
 * that are meant for the worker. For ES modules a `syncBuiltinESMExports()` has to follow.
 */
export function guardDescriptors(): void {
  guard(childProcess.ChildProcess.prototype, ['spawn']);
  guard(childProcess, ['spawnSync', 'execFileSync', 'execSync']);
}

function guard(owner: object, names: readonly string[]): void {
  for (const name of names) {
    const start: unknown = Reflect.get(owner, name);
    if (typeof start !== 'function') continue;
    Reflect.set(owner, name, function guarded(this: unknown, ...args: unknown[]): unknown {
      for (const argument of args) check(argument);
      const started: unknown = Reflect.apply(start, this, args);
      return started;
    });
  }
}

/** Looks at `stdio`, if these are options. */
function check(options: unknown): void {
  const stdio: unknown = typeof options === 'object' && options !== null ? Reflect.get(options, 'stdio') : undefined;
  if (Array.isArray(stdio)) for (const entry of stdio) refuse(entry);
}

/** Node takes a number, and whatever has an `fd`. */
function refuse(entry: unknown): void {
  const fd: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'fd') : entry;
  if (hostDescriptors.has(fd)) throw new HearthError('DESCRIPTOR_REFUSED', { fd: Number(fd) });
}
