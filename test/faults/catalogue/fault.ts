import type { Scene } from '../scene.ts';

/**
 * What may happen to those who did nothing wrong when it is more than to wait. `drained`: no request is lost, sockets are closed with 1012 because the worker is replaced.
 * `takeover`: the worker has died; what was inside is lost, and nobody is refused.
 */
export type Others = 'drained' | 'takeover';

/** What the report on a lost worker has to say; an absent member is not looked at. */
export interface Blame {
  /** The function that is named; the fault's own if absent, none if null. */
  readonly function?: string | null;
  /** The line in its source, from 1. */
  readonly line?: number;
  /** Whether it is disabled. */
  readonly quarantined: boolean;
}

/** One thing that can go wrong, and what must come of it. */
export interface Fault {
  /** Names the row, and the function that is published for it. */
  readonly id: string;
  /** One line for people, in Markdown. */
  readonly fault: string;
  /** Variables that the host is started with beside the common ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Published as the function `id` before the fault. */
  readonly source?: string;
  /** Makes the host ready for it, before anybody else calls. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** Provokes it and answers what whoever did so saw. Absent: calls the function once. */
  readonly provoke?: (scene: Scene) => Promise<string>;
  /** Whether it leaves the worker changed for good, so that no other fault may have it. */
  readonly alone?: boolean;
  /** What whoever provoked it must have seen. */
  readonly guilty: RegExp;
  /** Absent: no request and no socket of anybody else is lost, and the worker stays. */
  readonly others?: Others;
  /** A message that the log must have; absent where nothing is logged. */
  readonly log?: RegExp;
  /** For a takeover. */
  readonly blame?: Blame;
  /** Why it does not yet behave so: the row stays, the test waits. */
  readonly todo?: string;
}
