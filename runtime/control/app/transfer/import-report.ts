import type { Diagnostic } from '../../../kernel/errors.ts';

export interface ImportOptions {
  /** What is done when functions of the import exist here already. */
  readonly mode: 'refuse' | 'replace' | 'publish';
  /** Whether the secret of the import, if it has one, takes the place of the kept one; hosts read it when they start. */
  readonly secret: boolean;
}

export interface ImportReport {
  readonly functions: readonly { readonly name: string; readonly outcome: 'added' | 'replaced' | 'published' | 'unchanged' }[];
  readonly revisions: number;
  /** Why functions do not compile or load, which were kept all the same. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the import had the app's secret, and whether it was taken. */
  readonly secret: 'none' | 'left' | 'taken';
}
