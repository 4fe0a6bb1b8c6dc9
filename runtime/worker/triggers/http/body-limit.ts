import type { IncomingMessage } from 'node:http';

// What a client may still send once its request was answered, so that it gets to read the answer.
const surplusBytes = 64 * 1024 * 1024;
const surplusMs = 10_000;

/** Whether the request's headers announce a body that is not empty. */
export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Whether the headers announce more than `limit` bytes. */
export function announcesMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers['content-length']) > limit;
}

/**
 * Watches a body that somebody else reads. At its first byte past `limit` calls `exceeded`; from then
 * on the client has ten seconds and 64 MiB to finish sending, and then its connection is destroyed.
 * Returns what ends the watch. To close it at once would make most clients report a broken connection instead of the answer.
 */
export function boundBody(request: IncomingMessage, limit: number, exceeded: () => void): () => void {
  let left = limit;
  let timer: NodeJS.Timeout | undefined;
  const destroy = (): void => {
    request.socket.destroy();
  };
  const watch = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left >= 0) return;
    if (left < -surplusBytes) destroy();
    if (timer) return;
    timer = setTimeout(destroy, surplusMs).unref();
    exceeded();
  };
  request.on('data', watch);
  // A request that something reads once more does not close at its end.
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
  return () => void request.off('data', watch);
}

/** Reads and drops what is left of a body that nobody reads, within the bounds of {@link boundBody}. */
export function discardBody(request: IncomingMessage): void {
  boundBody(request, 0, () => undefined);
  request.resume();
}
