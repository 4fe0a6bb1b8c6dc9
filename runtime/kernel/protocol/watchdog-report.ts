/** A place in compiled code, as it stands in a stack; line and column count from 1. */
export interface CompiledFrame {
  readonly function: string;
  readonly revision: number;
  readonly line: number;
  readonly column: number;
}

/** A function at a revision; revision 0 is a draft. */
export interface FunctionMark {
  readonly function: string;
  readonly revision: number;
}

/** A function with the bytes that it has allocated and that are still in use, as far as they were sampled. */
export interface MemorySuspect extends FunctionMark {
  readonly bytes: number;
}

/** Whose code a worker was in. */
export interface WatchdogEvidence {
  /** The code that the host had called, when it has not returned. */
  readonly mark?: FunctionMark;
  /** The places in functions on the stack, innermost first; empty when the stack could not be read. */
  readonly frames: readonly CompiledFrame[];
  /** Log records that the worker could no longer send, in JSON. */
  readonly lines: readonly string[];
  /** The innermost place on the stack, whatever its code: `file:line`. */
  readonly where?: string;
}

/** What a worker's watchdog thread tells control, also while the worker's own thread cannot. */
export type WatchdogReport =
  /** Whose code the event loop was in when it had been blocked for a moment. */
  | { readonly type: 'running'; readonly mark: FunctionMark }
  /** The event loop has been blocked for too long. */
  | ({ readonly type: 'stuck'; readonly blockedMs: number } & WatchdogEvidence)
  /** Resident memory has passed the soft or the hard limit. */
  | ({
      readonly type: 'memory';
      readonly level: 'soft' | 'hard';
      readonly rss: number;
      /** Milliseconds for which the event loop has been blocked; 0 when it turns. */
      readonly blockedMs: number;
      readonly suspects: readonly MemorySuspect[];
    } & WatchdogEvidence)
  /** Nearly all file descriptors are open. */
  | { readonly type: 'descriptors'; readonly open: number; readonly limit: number };
