import { readdirSync, readFileSync } from 'node:fs';

/** Open file descriptors of this process, and how many it may have. */
export interface Descriptors {
  readonly open: number;
  readonly limit: number;
}

/** Creates a function that counts the descriptors; it returns undefined where the system does not say (all but Linux). */
export function createDescriptorReader(): () => Descriptors | undefined {
  const limit = readLimit();
  return () => {
    if (limit === undefined) return undefined;
    try {
      return { open: readdirSync('/proc/self/fd').length, limit };
    } catch (error) {
      // To count them takes one.
      return error instanceof Error && 'code' in error && error.code === 'EMFILE' ? { open: limit, limit } : undefined;
    }
  };
}

function readLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/**
 * Creates a function that returns the resident bytes of this process. Asking takes a file descriptor: while none is
 * left it returns the last value, since a throw would end the watchdog.
 */
export function createRssReader(): () => number {
  let last = 0;
  return () => {
    try {
      last = process.memoryUsage.rss();
    } catch {
      // The descriptors themselves are reported.
    }
    return last;
  };
}
