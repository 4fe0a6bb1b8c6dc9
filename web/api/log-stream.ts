import { apiPath } from './client.ts';
import { LogRing } from './log-ring.ts';
import type { LoggedRecord } from './queries.ts';

/** `idle`: nobody looks. `lost`: the host does not answer; it is tried again by itself. */
export type LogStreamState = 'idle' | 'connecting' | 'open' | 'lost';

/** Lines kept in this page, as many as the host keeps in its memory. */
const ringLines = 20_000;

/** Lines that the first connection begins with. */
const backlog = 1_000;

/** The most that the host answers at once. */
const largestBacklog = 10_000;

/** Milliseconds for which nobody looks before the stream is closed: somebody who goes to another page often comes back. */
const lingering = 5_000;

/** The same for a page that is hidden: a browser opens only six connections to a host, for all of its tabs. */
const hiddenFor = 60_000;

/** Milliseconds before a stream that has ended for good is opened again. */
const retryAfter = 2_000;

/** Milliseconds between two tellings at least: nobody reads faster, and drawing is what costs. */
const tellEvery = 120;

/**
 * The host's log, live: one stream for the whole page. Lines are kept outside of React;
 * listeners are told that there are new ones at most once per animation frame.
 */
class LogStream {
  readonly ring = new LogRing(ringLines);
  readonly #listeners = new Set<() => void>();
  #state: LogStreamState = 'idle';
  #source: EventSource | undefined;
  #version = 0;
  #told = 0;
  #scheduled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Grows with whatever has changed: what `useSyncExternalStore` compares. */
  readonly version = (): number => this.#version;

  /** How the connection is. */
  readonly state = (): LogStreamState => this.#state;

  /** Has `listener` told of changes; the stream is open as long as there is one. Answers how to end it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#attend();
    if (this.#listeners.size === 1) document.addEventListener('visibilitychange', this.#attend);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener('visibilitychange', this.#attend);
      this.#after(lingering, () => this.#close());
    };
  };

  /** Opens the stream when somebody looks, and closes it when nobody does for a while. */
  readonly #attend = (): void => {
    if (document.hidden) this.#after(hiddenFor, () => this.#close());
    else if (!this.#source || this.#source.readyState === EventSource.CLOSED) this.#open();
    else clearTimeout(this.#timer);
  };

  #open(): void {
    clearTimeout(this.#timer);
    this.#setState(this.#state === 'lost' ? 'lost' : 'connecting');
    const source = new EventSource(apiPath(`/v1/logs/stream?${this.#query()}`));
    this.#source = source;
    source.addEventListener('open', () => this.#setState('open'));
    source.addEventListener('message', (event: MessageEvent<string>) => this.#take(event.data));
    source.addEventListener('error', () => {
      this.#setState('lost');
      // By itself it connects again after a stream that breaks off, and never after an answer other than 200.
      if (source.readyState === EventSource.CLOSED && this.#source === source) this.#after(retryAfter, () => this.#open());
    });
  }

  /** A stream that is opened anew goes on where the last one ended; what comes twice is left out by its id. */
  #query(): string {
    const { last } = this.ring;
    return last ? `since=${last.time}&limit=${largestBacklog}` : `limit=${backlog}`;
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#setState('idle');
  }

  #take(data: string): void {
    // The host's own record: its schema and this page come from one build.
    const record: LoggedRecord = JSON.parse(data);
    if (this.ring.push(record)) this.#tell();
  }

  #setState(state: LogStreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell();
  }

  #after(delay: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delay);
  }

  #tell(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#told + tellEvery - performance.now();
    const draw = (): number => requestAnimationFrame(() => this.#tellNow());
    if (wait > 0) setTimeout(draw, wait);
    else draw();
  }

  #tellNow(): void {
    this.#scheduled = false;
    this.#told = performance.now();
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** The page's one log stream. */
export const logStream = new LogStream();
