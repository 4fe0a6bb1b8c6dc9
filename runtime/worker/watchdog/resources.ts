import { readdirSync, readFileSync } from 'node:fs';

/** Open file descriptors of this process, and how many it may have. */
export interface Descriptors {
  readonly open: number;
  readonly limit: number;
}

/** Makes what counts the descriptors; it answers undefined where the system does not say (all but Linux). */
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
