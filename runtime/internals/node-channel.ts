import type { ChildProcess } from 'node:child_process';

/** Told what has come, and what Node's reader threw. */
export interface ChannelWatcher {
  readonly read: (bytes: Uint8Array) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Reports what makes Node's own reader of a child's channel throw: bytes that are no message, which any program can
 * write that has inherited the descriptor. Node lets it end the process. Returns whether the reader was found;
 * Node keeps it on the handle behind a private symbol.
 */
export function guardChannel(child: ChildProcess, { read, failed }: ChannelWatcher): boolean {
  const key = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  const handle: unknown = key && Reflect.get(child, key);
  if (typeof handle !== 'object' || handle === null) return false;
  const reader: unknown = Reflect.get(handle, 'onread');
  if (typeof reader !== 'function') return false;
  return Reflect.set(handle, 'onread', function onread(this: unknown, ...args: unknown[]): void {
    const [chunk] = args;
    if (chunk instanceof ArrayBuffer) read(new Uint8Array(chunk));
    try {
      Reflect.apply(reader, this, args);
    } catch (error) {
      failed(error);
    }
  });
}
