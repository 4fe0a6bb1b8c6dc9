import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';

/** Burns time in slices, so that it notices when its parent has gone. */
const source = `
process.on('disconnect', () => process.exit());
const burn = () => {
  const until = performance.now() + 20;
  while (performance.now() < until);
  setImmediate(burn);
};
burn();`;

/**
 * Keeps every core awake with a process that runs only when nobody else wants to: a message that finds its
 * receiver's core asleep is late by the time it takes to wake it, several times what is measured, and which
 * of two servers meets that is chance.
 */
export class Awake implements AsyncDisposable {
  readonly #children: readonly ChildProcess[] = Array.from({ length: availableParallelism() }, startIdler);

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }
}

function startIdler(): ChildProcess {
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { pid } = child;
  if (pid === undefined) return child;
  // Linux has a policy below every priority; elsewhere the lowest has to do.
  const { status } = spawnSync('chrt', ['--idle', '--pid', '0', String(pid)], { stdio: 'ignore' });
  if (status !== 0) setPriority(pid, constants.priority.PRIORITY_LOW);
  return child;
}
