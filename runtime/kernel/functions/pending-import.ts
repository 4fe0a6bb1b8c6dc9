import { HearthError } from '../errors.ts';

/** Milliseconds that a package of a staged change may take to load; control waits for ten seconds in all. */
export const stagingTime = 8_000;

/** Thrown by code that imports a package which only loads asynchronously; once that is over the code can be evaluated again. */
export class PendingImport extends HearthError {
  readonly #loaded: Promise<void>;

  constructor(specifier: string, loading: Promise<void>) {
    super('PACKAGE_LOADING', { specifier });
    const frames = framesOf(this);
    this.#loaded = loading.catch((error: unknown) => {
      throw withFrames(error, frames);
    });
    // It is not an unhandled rejection where nobody waits.
    this.#loaded.catch(() => {});
  }

  /** Resolves when the package has loaded; rejects with what it threw, whose stack then names the importer as well. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  /** Resolves as `loaded` does; rejects with this error after `timeout` milliseconds (0: never). */
  async settled(timeout: number): Promise<void> {
    if (timeout === 0) return await this.#loaded;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, timeout, this);
    });
    try {
      await Promise.race([this.#loaded, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Runs `use`, which evaluates code: at once, and once more whenever a package that it was missing has loaded. Each
 * package may take `timeout` milliseconds (0: any time).
 */
export function whenLoaded<T>(use: () => T, timeout = 0): T | Promise<T> {
  try {
    return use();
  } catch (error) {
    return onceLoaded(error, () => whenLoaded(use, timeout), timeout);
  }
}

/** Calls `again` when the package that this error is about has loaded; throws any other error. */
export function onceLoaded<T>(error: unknown, again: () => T | Promise<T>, timeout = 0): Promise<T> {
  if (error instanceof PendingImport) return error.settled(timeout).then(again);
  throw error;
}

/** Every importer gets the one error that the package threw, so the frames go on an error that inherits from it. */
export function withFrames(thrown: unknown, frames: readonly string[]): unknown {
  // What other classes inherit may work on their own objects alone, such as the message of a DOMException.
  if (!(thrown instanceof Error) || Object.prototype.toString.call(thrown) !== '[object Error]') return thrown;
  const copy: unknown = Object.create(thrown, {
    stack: { value: [thrown.stack, ...frames].join('\n'), configurable: true, writable: true },
  });
  return copy;
}

/** The frames of an error's stack. */
export function framesOf(error: Error): readonly string[] {
  return String(error.stack).split('\n').slice(1);
}
