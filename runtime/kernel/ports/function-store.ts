import type { Diagnostic } from '../errors.ts';
import type { Compiled, Methods, Revision, RevisionSummary } from '../functions/revision.ts';

/** A function as somebody wants it to be. */
export interface Draft {
  readonly name: string;
  readonly source: string;
  readonly methods: Methods;
  readonly note: string;
  readonly compiled: Compiled;
  /** Why it does not load, when it is published all the same. */
  readonly loadError?: Diagnostic;
  /** The revision the author saw: the live one, or 0 for "no such function". Absent means no matter which. */
  readonly ifRevision?: number;
}

/** Where a function stands, be it live or deleted. */
export interface FunctionHead {
  readonly name: string;
  /** The live revision; null when the function is deleted. */
  readonly live: number | null;
  /** The newest number that was given; the next revision is the one after it. */
  readonly last: number;
}

/** A revision without what was compiled of it. */
export type SourceRevision = Omit<Revision, 'compiled' | 'loadError'>;

/** A whole function that takes the place of whatever stands under its name: numbers, times and all. */
export interface History extends FunctionHead {
  /** Oldest first; the live one is among them. Only the live revision's compiled code is used. */
  readonly revisions: readonly Revision[];
  /** `last` of the function as the author saw it; 0 for "there is none". */
  readonly ifLast: number;
}

/** What takes effect together. A name stands in one of the lists, once. */
export interface Change {
  readonly drafts: readonly Draft[];
  readonly deleted: readonly string[];
  readonly histories?: readonly History[];
  /** Settings of the host, by key. */
  readonly settings?: ReadonlyMap<string, string>;
}

/** Which revision of a function is live. */
export type LiveRevision = Pick<Revision, 'name' | 'revision'>;

/**
 * Port: keeps functions, their history and the host's settings.
 *
 * An adapter MUST
 * - make `commit()` atomic and durable: when it resolves, all of the change survives `kill -9` and a
 *   power cut; when it rejects, nothing of it is there;
 * - number the revisions of a function 1, 2, 3, … without a gap, also across a deletion, and after
 *   `last` of a history that it has taken over;
 * - keep every revision of such a history exactly as given, older ones than `historyLimit` until the
 *   next publish, and none that stood under its name before;
 * - reject a commit with `REVISION_CONFLICT` (details: name, current, expected) when an `ifRevision`
 *   does not name the live revision or an `ifLast` the newest number, and with `FUNCTION_NOT_FOUND` (name) when it deletes what is not live;
 * - keep the history of a deleted function;
 * - reject with `STORE_UNAVAILABLE`, at once rather than after a wait, while it cannot reach what it stores in;
 *   whether a commit that was under way then took effect shows when it is back;
 * - keep at least the newest `historyLimit` revisions of each function (it may forget older ones).
 */
export interface FunctionStore {
  /** Every live function at its live revision, in the order of names. */
  functions(): Promise<Revision[]>;
  /** Makes the change; resolves to the new revisions in the order of `change.drafts`. */
  commit(change: Change): Promise<Revision[]>;
  /** The name and revision of every live function, all as of one moment, in no order. */
  live(): Promise<readonly LiveRevision[]>;
  /** Every function that there ever was, also the deleted ones, all as of one moment, in the order of names. */
  heads(): Promise<readonly FunctionHead[]>;
  /**
   * The revisions of a function with a number above `after`, oldest first: as many as fit into memory with
   * ease, at least one if there is one. To read all, ask again after the last one.
   */
  history(name: string, after: number): Promise<readonly SourceRevision[]>;
  /** The history of a function, newest first, also of a deleted one; empty for an unknown name. */
  revisions(name: string): Promise<RevisionSummary[]>;
  /** One revision, or undefined. */
  revision(name: string, revision: number): Promise<Revision | undefined>;
  /** Keeps a newer builder's output for revisions that exist already; touches nothing else. */
  saveCompiled(revisions: readonly Revision[]): Promise<void>;
  /** A setting of the host, or undefined. */
  setting(key: string): Promise<string | undefined>;
  /** Keeps a setting, durably. */
  putSetting(key: string, value: string): Promise<void>;
  /** Keeps a setting unless there is one, durably; resolves to the one that is kept, which may be another host's. */
  keepSetting(key: string, value: string): Promise<string>;
  /** Whether the store can be used at this moment, as far as it knows. */
  readonly available: boolean;
  /**
   * Tells when another host may have committed, and when `available` has changed: soon after each such
   * commit, and after every gap in which one may have been missed. `changed` MUST NOT throw. Returns the function
   * that ends the watch. A store of a single host never calls it.
   */
  watch(changed: () => void): () => void;
  /** Ends the store's use of files and connections. */
  close(): Promise<void>;
}
