import { HearthError } from '../../../runtime/kernel/errors.ts';
import type { Change, Draft, FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';

/** The store of one test, which can be closed and opened again. */
export interface Place {
  readonly store: FunctionStore;
  /** The same data in a store that was opened anew. */
  reopen(historyLimit?: number): Promise<FunctionStore>;
}

/** Revisions per function that a store of the suite is opened with. */
export const historyLimit = 5;

/** A draft of `name`; what is not given is made up from the source. */
export function draft(name: string, source: string, more: Partial<Draft> = {}): Draft {
  return {
    name,
    source,
    methods: undefined,
    note: '',
    compiled: { code: `js:${source}`, map: `map:${source}`, builder: 'test-1' },
    ...more,
  };
}

/** A change that publishes. */
export function publish(...drafts: readonly Draft[]): Change {
  return { drafts, deleted: [] };
}

/** A change that deletes. */
export function remove(...deleted: readonly string[]): Change {
  return { drafts: [], deleted };
}

/** The HearthError that the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<HearthError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HearthError) return error;
  throw new Error('the promise did not reject with a HearthError', { cause: error });
}

/** The revision numbers, in their order. */
export function numbers(revisions: readonly { readonly revision: number }[]): number[] {
  return revisions.map(({ revision }) => revision);
}

/** The names, in their order. */
export function names(revisions: readonly { readonly name: string }[]): string[] {
  return revisions.map(({ name }) => name);
}
