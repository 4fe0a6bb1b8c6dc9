import { readdirSync, readFileSync } from 'node:fs';

/** A process, as Linux tells. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** All processes that run; those that nobody has reaped yet are none. */
export function listProcesses(): readonly Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (state !== 'Z' && state !== 'X') found.push({ pid: Number(name), parent: Number(parent), group: Number(group), command });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** A host's workers. */
export function workersOf(host: number): readonly Process[] {
  return listProcesses().filter(({ parent, command }) => parent === host && command.includes('worker.js'));
}

/** How many descriptors a process has open. */
export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
