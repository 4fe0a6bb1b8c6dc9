import { AsyncLocalStorage } from 'node:async_hooks';
import type { CurrentCall } from './current-call.ts';

/** What an invocation is told about itself when it begins. */
export interface InvocationOrigin {
  readonly function: string;
  readonly revision: number;
  readonly requestId: string;
  readonly connectionId?: string;
}

/**
 * One run of a handler, from its call until its promise settles and its response is complete.
 * Everything that it starts (timers, promises, log lines) finds it through the {@link InvocationScope}.
 */
export class Invocation {
  readonly function: string;
  readonly revision: number;
  readonly requestId: string;
  readonly connectionId: string | undefined;
  #ended = false;
  #atEnd: (() => void)[] | undefined;

  constructor(origin: InvocationOrigin) {
    this.function = origin.function;
    this.revision = origin.revision;
    this.requestId = origin.requestId;
    this.connectionId = origin.connectionId;
  }

  /** Whether `end()` was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Runs `callback` when the invocation ends; at once if it has. Callbacks MUST NOT throw. */
  onEnd(callback: () => void): void {
    if (this.#ended) callback();
    else (this.#atEnd ??= []).push(callback);
  }

  /** Ends the invocation; further calls do nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const callbacks = this.#atEnd;
    this.#atEnd = undefined;
    if (callbacks) for (const callback of callbacks) callback();
  }
}

/** Carries the current invocation through everything asynchronous that it starts. */
export type InvocationScope = AsyncLocalStorage<CurrentCall>;

/** A scope of its own; a worker has one. */
export function createInvocationScope(): InvocationScope {
  return new AsyncLocalStorage<CurrentCall>();
}
