import type { Calls } from './calls.ts';
import type { Concurrency } from './concurrency.ts';
import type { Deadlines } from './deadlines.ts';

/** What the calls of one trigger are bounded by. */
export interface CallBounds {
  readonly calls: Calls;
  /** Absent: the trigger's calls may take as long as they like. */
  readonly deadlines?: Deadlines;
  /** Absent: any number may run. */
  readonly concurrency?: Concurrency;
}
