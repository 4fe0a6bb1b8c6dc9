import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where a client and the servers beside each other run. */
export interface Placement {
  readonly title: string;
  /** Puts them there, to stay. */
  readonly place: () => void;
}

/**
 * The ways to place them, the most usual last; one that does nothing where a process cannot be kept on a core.
 * To wake a process on another core takes longer than all else that a message takes: left to the system they
 * meet both, by chance, and the median of that says nothing.
 */
export function placements(client: number, servers: readonly number[]): readonly Placement[] {
  const [first, second] = coresOf();
  const put = (one: number, other: number) => (): boolean => pin(client, one) && servers.every((pid) => pin(pid, other));
  if (first === undefined || !put(first, first)()) return [{ title: 'wherever the system puts them', place: () => {} }];
  const together = { title: 'client and server on one core', place: put(first, first) };
  return second === undefined ? [together] : [together, { title: 'on two cores', place: put(first, second) }];
}

/** The cores that this process may run on, by their numbers; none where the system does not tell. */
function coresOf(): readonly number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
}

/** Keeps the main thread of a process on one core from now on; false where that cannot be. Threads that collect its garbage stay free. */
function pin(pid: number, core: number): boolean {
  const { status } = spawnSync('taskset', ['--cpu-list', '--pid', String(core), String(pid)], { stdio: 'ignore' });
  return status === 0;
}
