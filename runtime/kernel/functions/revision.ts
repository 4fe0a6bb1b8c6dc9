import type { Diagnostic } from '../errors.ts';

/** What the builder makes of a source: CommonJS and its source map (JSON), tagged with the builder that made them. */
export interface Compiled {
  readonly code: string;
  readonly map: string;
  /** Names the builder and its settings; another tag means that the source must be compiled again. */
  readonly builder: string;
}

/** HTTP methods a function accepts; `undefined` means all. */
export type Methods = readonly string[] | undefined;

/** One published state of one function. Revisions of a function count 1, 2, 3, … and never change. */
export interface Revision {
  readonly name: string;
  readonly revision: number;
  readonly source: string;
  readonly methods: Methods;
  readonly note: string;
  readonly createdAt: number;
  readonly compiled: Compiled;
  /** Why the code did not load when it was published, which it was all the same. */
  readonly loadError?: Diagnostic;
}

/** A revision without what is large: a row of a history. */
export type RevisionSummary = Pick<Revision, 'name' | 'revision' | 'methods' | 'note' | 'createdAt'> & {
  /** Bytes of the source in UTF-8. */
  readonly size: number;
};

/** What a worker needs to run a function. */
export interface BuiltFunction {
  readonly name: string;
  readonly revision: number;
  readonly methods: Methods;
  readonly code: string;
  readonly map: string;
  /** Why the function is disabled: every use of it throws `FUNCTION_QUARANTINED`. */
  readonly quarantine?: string;
  /** Whether it was published although it did not load. */
  readonly kept?: true;
}

/** Functions that change together: all of it takes effect, or none. */
export interface BuiltChange {
  readonly functions: readonly BuiltFunction[];
  readonly deleted: readonly string[];
}

/** The part of a revision that a worker runs. */
export function toBuilt(revision: Revision): BuiltFunction {
  const { name, methods, compiled, loadError } = revision;
  return { name, revision: revision.revision, methods, code: compiled.code, map: compiled.map, ...(loadError && { kept: true }) };
}
