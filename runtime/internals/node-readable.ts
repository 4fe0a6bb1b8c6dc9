import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';

type StateConstructor = new (options: object, stream: Readable, isDuplex: boolean) => object;

/** Keeps a request whose body is read to its end from destroying itself: something reads it once more. */
export function keepReadable(request: IncomingMessage): void {
  const state: unknown = Reflect.get(request, '_readableState');
  if (typeof state === 'object' && state !== null) Reflect.set(state, 'autoDestroy', false);
}

/**
 * Makes a request that was read to its end one that holds all of its body and whose end has come: whatever reads
 * it gets that, as if nobody had. It puts a new state in the place of `_readableState`, since Node offers no way
 * back; `push()` would do the same for ten times the price, as it wakes a reader that is not there.
 */
export function replay(request: IncomingMessage, chunks: readonly Buffer[]): void {
  const ReadableState: unknown = Reflect.get(Readable, 'ReadableState');
  if (!isConstructor(ReadableState)) return;
  const state = new ReadableState({ highWaterMark: 65_536 }, request, false);
  const buffer: unknown = Reflect.get(state, 'buffer');
  const push: unknown = Reflect.get(Object(buffer), 'push');
  if (typeof push !== 'function') return;
  let length = 0;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    Reflect.apply(push, buffer, [chunk]);
    length += chunk.length;
  }
  Reflect.set(state, 'length', length);
  Reflect.set(state, 'ended', true);
  Reflect.set(request, '_readableState', state);
}

function isConstructor(value: unknown): value is StateConstructor {
  return typeof value === 'function';
}
