/** Thrown by code that imports a package which only loads asynchronously; once `loaded` has resolved the code can be evaluated again. */
export class PendingImport extends Error {
  override readonly name = 'PendingImport';
  readonly loaded: Promise<unknown>;

  constructor(specifier: string, loaded: Promise<unknown>) {
    super(`Package "${specifier}" uses top-level await and is still loading. Try again.`);
    this.loaded = loaded;
    // It is not an unhandled rejection where nobody waits.
    loaded.catch(() => {});
  }
}

/** Runs `use`, which evaluates code: at once, and once more whenever a package that it was missing has loaded. */
export function whenLoaded<T>(use: () => T): T | Promise<T> {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof PendingImport)) throw error;
    return error.loaded.then(() => whenLoaded(use));
  }
}
