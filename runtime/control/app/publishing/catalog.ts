import type { Revision } from '../../../kernel/functions/revision.ts';

/** The live functions in memory: what the API lists and what a new worker is loaded with. */
export class LiveCatalog {
  readonly #functions: Map<string, Revision>;
  #sorted: readonly Revision[] | undefined;
  /** Told what went live after each change; must not throw. */
  onChange: (revisions: readonly Revision[], deleted: readonly string[]) => void = () => {};

  constructor(functions: readonly Revision[]) {
    this.#functions = new Map(functions.map((revision) => [revision.name, revision]));
  }

  list(): readonly Revision[] {
    this.#sorted ??= [...this.#functions.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  get(name: string): Revision | undefined {
    return this.#functions.get(name);
  }

  /** Takes over what the store has committed. */
  apply(revisions: readonly Revision[], deleted: readonly string[]): void {
    for (const name of deleted) this.#functions.delete(name);
    for (const revision of revisions) this.#functions.set(revision.name, revision);
    this.#sorted = undefined;
    this.onChange(revisions, deleted);
  }
}
