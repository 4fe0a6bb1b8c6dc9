import type { Readable } from 'node:stream';
import type { Diagnostic } from '../../../kernel/errors.ts';

/** How an import is to be made. */
export interface ImportOptions {
  /** What is done when functions of the import exist here already. */
  readonly mode: 'refuse' | 'replace' | 'publish';
  /** Whether the secret of the import, if it has one, takes the place of the kept one; hosts read it when they start. */
  readonly secret: boolean;
}

/** What became of an import. */
export interface ImportReport {
  readonly functions: readonly { readonly name: string; readonly outcome: 'added' | 'replaced' | 'published' | 'unchanged' }[];
  /** How many revisions were written. */
  readonly revisions: number;
  /** Why functions do not compile or load, which were kept all the same. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the import had the app's secret, and whether it was taken. */
  readonly secret: 'none' | 'left' | 'taken';
}

/** Carries a whole app from one host to another. */
export interface Transfer {
  /** The text of an export; `secret` says whether the one that signs the app's tokens is in it. */
  export(secret: boolean): Promise<Readable>;
  /** Imports an export of at most `limit` bytes, all or nothing; resolves when it is live. Does not destroy the source. */
  import(source: Readable, limit: number, options: ImportOptions): Promise<ImportReport>;
}
