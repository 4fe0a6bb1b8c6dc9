import type { Compiled, Methods, Revision, RevisionSummary } from './revision.ts';

/** A function as somebody wants it to be. */
export interface Draft {
  readonly name: string;
  readonly source: string;
  readonly methods: Methods;
  readonly note: string;
  readonly compiled: Compiled;
  /** The revision the author saw: the live one, or 0 for "no such function". Absent means no matter which. */
  readonly ifRevision?: number;
}

/** Publishes and deletions that take effect together. A name stands in one of the two lists, once. */
export interface Change {
  readonly drafts: readonly Draft[];
  readonly deleted: readonly string[];
}

/**
 * Port: keeps functions, their history and the host's settings.
 *
 * An adapter MUST
 * - make `commit()` atomic and durable: when it resolves, all of the change survives `kill -9` and a
 *   power cut; when it rejects, nothing of it is there;
 * - number the revisions of a function 1, 2, 3, … without a gap, also across a deletion;
 * - reject a commit with `REVISION_CONFLICT` (details: name, current, expected) when an `ifRevision`
 *   does not name the live revision, and with `FUNCTION_NOT_FOUND` (name) when it deletes what is not live;
 * - keep the history of a deleted function;
 * - keep at least the newest `historyLimit` revisions of each function (it may forget older ones).
 */
export interface FunctionStore {
  /** Every live function at its live revision, in the order of names. */
  functions(): Promise<Revision[]>;
  /** Makes the change; answers the new revisions in the order of `change.drafts`. */
  commit(change: Change): Promise<Revision[]>;
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
  /** Ends the store's use of files and connections. */
  close(): Promise<void>;
}
