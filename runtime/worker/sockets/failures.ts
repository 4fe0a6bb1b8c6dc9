import { HearthError } from '../../kernel/errors.ts';
import type { CurrentCall } from '../../kernel/calls/current-call.ts';
import type { App } from '../process/app.ts';

// A function that is switched off fails each message of each socket, for one reason.
const quarantineNoticeMs = 1000;

/** Logs what the events and upgrades of sockets throw. */
export class FailureLog {
  readonly #app: App;
  #saidAt = -Infinity;

  constructor(app: App) {
    this.#app = app;
  }

  /** Logs it; that a function is switched off at most once a second. Never throws. */
  report(thrown: unknown, invocation: CurrentCall): void {
    if (!isQuarantine(thrown)) {
      this.#app.failed(thrown, invocation);
      return;
    }
    const now = performance.now();
    if (now - this.#saidAt < quarantineNoticeMs) return;
    this.#saidAt = now;
    const { function: name, revision, requestId, connectionId } = invocation;
    this.#app.log('warn', thrown.message, { function: name, revision, requestId, ...(connectionId !== undefined && { connectionId }) });
  }
}

/** Whether it says that a function is switched off. */
export function isQuarantine(thrown: unknown): thrown is HearthError {
  return thrown instanceof HearthError && thrown.code === 'FUNCTION_QUARANTINED';
}
