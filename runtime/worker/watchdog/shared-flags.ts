import type { FunctionMark } from '../../kernel/protocol/watchdog-report.ts';

/** What the worker's own thread and its watchdog share: one number each, so that neither waits for the other. */
export const slot = {
  /** What code is asked at its next guard; one of {@link signal}. Compiled code reads this one. */
  signal: 0,
  /** Counts the turns of the worker's event loop, a few a second. */
  beat: 1,
  /** The mark of the code that the host has called and that has not returned, or 0. */
  running: 2,
  /** The mark of the code whose `import()` is under way, or 0. The slot after `running`. */
  importing: 3,
} as const;

/** What a guard is asked to do. */
export const signal = {
  none: 0,
  /** Say whose code runs. */
  tell: 1,
  cpu: 2,
  memory: 3,
} as const;

export interface WatchdogStart {
  readonly shared: Int32Array;
  /** The memory of the worker's `UnsentLines`. */
  readonly unsent: SharedArrayBuffer;
  /** Whether the worker's own thread may be inspected. */
  readonly inspectable: boolean;
  /** The process that the worker belongs to; when it has died, so must the worker. */
  readonly control: number;
  /** Where reports are written, a line of JSON each. */
  readonly descriptor: number;
}

/** What the worker tells its watchdog once it knows: limits as in `WorkerLimits`; marks as they are given. */
export type WatchdogNotice =
  | { readonly type: 'limits'; readonly cpuTime: number; readonly stuckTime: number; readonly memory: number }
  | { readonly type: 'mark'; readonly id: number; readonly mark: FunctionMark }
  | { readonly type: 'unmark'; readonly id: number }
  /** The response to `signal.tell`. */
  | { readonly type: 'running'; readonly mark: FunctionMark };
