import type { Duplex } from 'node:stream';

const nothing = Buffer.alloc(0);

/**
 * Frees what a destroyed stream has not written, at once. Node keeps the chunks of `_writableState.buffered` until
 * the loop turns, which may be too late for a process that is running out of memory.
 */
export function freeUnwritten(stream: Duplex): void {
  const state: unknown = Reflect.get(stream, '_writableState');
  const buffered: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'buffered') : undefined;
  if (!Array.isArray(buffered)) return;
  const entries: readonly unknown[] = buffered;
  for (const entry of entries) if (typeof entry === 'object' && entry !== null) Reflect.set(entry, 'chunk', nothing);
}
