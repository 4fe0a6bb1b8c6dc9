/** Who imports whom, by name, kept so that the dependents of a name are found without a look at the rest. */
export class ImportGraph {
  readonly #importers = new Map<string, Set<string>>();

  add(importer: string, imported: string): void {
    const importers = this.#importers.get(imported);
    if (importers) importers.add(importer);
    else this.#importers.set(imported, new Set([importer]));
  }

  remove(importer: string, imports: Iterable<string>): void {
    for (const imported of imports) {
      const importers = this.#importers.get(imported);
      importers?.delete(importer);
      if (importers?.size === 0) this.#importers.delete(imported);
    }
  }

  /**
   * All that imports one of `names`, directly or through others; of `names` only what imports another
   * of them. What imports one only through `except` is left out, and so is `except`.
   */
  dependents(names: Iterable<string>, except?: string): Set<string> {
    const found = new Set<string>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const importer of this.#importers.get(name) ?? []) {
        if (found.has(importer) || importer === except) continue;
        found.add(importer);
        open.push(importer);
      }
    }
    return found;
  }
}
