import { Lifetime } from '../../runtime/kernel/calls/lifetime.ts';
import { Attribution } from '../../runtime/kernel/calls/attribution.ts';
import { Calls, type CallsOptions } from '../../runtime/kernel/calls/calls.ts';
import type { CallOrigin, CurrentCall } from '../../runtime/kernel/calls/current-call.ts';

/** The calls of an app that logs nothing unless told to. */
export function createCalls(options: Partial<CallsOptions> = {}): Calls {
  return new Calls({
    attribution: new Attribution(),
    counters: { requestsActive: 0, requestsQueued: 0, refused: 0, timeouts: 0 },
    log: () => undefined,
    logThrown: () => undefined,
    ...options,
  });
}

/** A call that runs until `end()`, with no code of its own. */
export class FakeCall implements CurrentCall {
  readonly function: string;
  readonly revision: number;
  readonly requestId: string;
  readonly connectionId: string | undefined;
  readonly lifetime = new Lifetime();
  readonly #atEnd: (() => void)[] = [];
  #ended = false;

  constructor(name = 'a', revision = 1, origin: CallOrigin = { requestId: 'r1' }) {
    this.function = name;
    this.revision = revision;
    this.requestId = origin.requestId;
    this.connectionId = origin.connectionId;
  }

  get ended(): boolean {
    return this.#ended;
  }

  onEnd(callback: () => void): void {
    if (this.#ended) callback();
    else this.#atEnd.push(callback);
  }

  end(): void {
    this.#ended = true;
    for (const callback of this.#atEnd.splice(0)) callback();
  }
}
