import { HearthError } from '../errors.ts';
import type { LogFields } from '../ports/logger.ts';
import type { CurrentCall } from './current-call.ts';
import type { Warnings } from './warnings.ts';

/** What became of something that a call threw. */
export type Failure =
  /** Logged with its stack. `error` is set when a reply may say what happened. */
  | { readonly kind: 'thrown'; readonly error: HearthError | undefined }
  /** The function is disabled; logged at most once a second. */
  | { readonly kind: 'disabled'; readonly error: HearthError }
  /** The call was told to stop by its signal, and did. Not logged. */
  | { readonly kind: 'stopped'; readonly error: HearthError | undefined };

/** Logs what a call threw, with its stack in terms of sources. MUST NOT throw. */
export type LogThrown = (thrown: unknown, call: CurrentCall) => void;

/** Reports what calls throw: the one place that decides what is logged, and what a reply may say. */
export class Failures {
  readonly #log: LogThrown;
  readonly #warnings: Warnings;

  constructor(log: LogThrown, warnings: Warnings) {
    this.#log = log;
    this.#warnings = warnings;
  }

  /** Never throws, whatever was thrown. */
  report(thrown: unknown, call: CurrentCall, stopReason?: unknown): Failure {
    const error = replyable(thrown);
    if (stopReason !== undefined && thrown === stopReason) return { kind: 'stopped', error };
    if (error?.code === 'FUNCTION_QUARANTINED') {
      this.#warnings.warn(call.function, error.message, fieldsOf(call));
      return { kind: 'disabled', error };
    }
    this.#log(thrown, call);
    return { kind: 'thrown', error };
  }
}

/** Where a log line of the call comes from. */
export function fieldsOf(call: CurrentCall | undefined): LogFields {
  if (!call) return {};
  const { function: name, revision, requestId, connectionId } = call;
  return { function: name, revision, ...(requestId !== undefined && { requestId }), ...(connectionId !== undefined && { connectionId }) };
}

/** The error of the catalogue that was thrown, if it has a status to reply with. Never throws. */
function replyable(thrown: unknown): HearthError | undefined {
  try {
    return thrown instanceof HearthError && thrown.status > 0 ? thrown : undefined;
  } catch {
    // A proxy may throw when it is asked for its prototype.
    return undefined;
  }
}
