import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStreamOptions, ResumeToken } from 'mongodb';
import type { Connection } from './mongodb-connection.ts';
import type { FunctionDocument } from './documents.ts';
import { isAbsence, isStaleToken } from './mongodb-failure.ts';
import { collections } from './mongodb-schema.ts';

/** How long the changes after one that was told are gathered, in milliseconds. */
const gathering = 5;

/**
 * Follows what any host commits, by one change stream for all listeners that exists as long as there is
 * one. A stream that breaks is taken up where it was, or at the present where that cannot be; either way
 * the listeners are told.
 */
export class Changes {
  readonly #connection: Connection;
  readonly #listeners = new Set<{ readonly changed: () => void }>();
  #following: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  #token: ResumeToken;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Calls `changed` after each commit and each gap; returns the function that ends it. */
  watch(changed: () => void): () => void {
    const listener = { changed };
    this.#listeners.add(listener);
    if (!this.#following) {
      this.#following = new AbortController();
      void this.#follow(this.#following.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.end();
    };
  }

  /** Tells all listeners, and those calls that follow at once by one more. */
  tell(): void {
    if (this.#timer) this.#again = true;
    else this.#announce();
  }

  /** Ends the stream and forgets the listeners. */
  end(): void {
    this.#listeners.clear();
    this.#following?.abort();
    this.#following = undefined;
    // Who watches later begins at the present.
    this.#token = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
  }

  #announce(): void {
    this.#again = false;
    if (this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.#announce();
    }, gathering);
    for (const { changed } of this.#listeners) changed();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        // Anything but an absence may be due to the token, in ways that not all versions name alike.
        if (!signal.aborted && (isStaleToken(error) || !isAbsence(error))) this.#token = undefined;
      }
      // While there is no primary, opening the next stream waits for one.
      await sleep(50 + Math.random() * 50, undefined, { signal }).catch(() => {});
    }
  }

  /** Reads one stream to its end. */
  async #read(signal: AbortSignal): Promise<void> {
    const options: ChangeStreamOptions = this.#token === undefined ? {} : { resumeAfter: this.#token };
    const functions = this.#connection.db.collection<FunctionDocument>(collections.functions);
    const stream = functions.watch([{ $project: { operationType: 1 } }], options);
    const close = (): void => void stream.close().catch(() => {});
    signal.addEventListener('abort', close, { once: true });
    let open = false;
    stream.on('resumeTokenChanged', (token) => {
      if (signal.aborted) return;
      this.#token = token;
      // The first one says that the stream is open: what came before it may have been missed.
      if (!open) this.tell();
      open = true;
    });
    try {
      for (;;) {
        const change = await stream.next();
        if (!signal.aborted) this.tell();
        if (change.operationType !== 'invalidate') continue;
        this.#token = undefined;
        return;
      }
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  }
}
