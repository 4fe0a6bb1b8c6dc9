import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** How a child process ended, and what it sent. */
export interface ChildOutcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly messages: readonly unknown[];
  readonly stderr: string;
}

/** A folder in which programs are compiled and run, each in a process of its own with an IPC channel. */
export interface Children {
  readonly dir: string;
  /** Runs TypeScript that may import the runtime as `runtime/…`; resolves when its process has ended. */
  run(program: string): Promise<ChildOutcome>;
  close(): Promise<void>;
}

export async function createChildren(): Promise<Children> {
  const dir = await mkdtemp(join(tmpdir(), 'hearth-child-'));
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  let count = 0;
  const run = async (program: string): Promise<ChildOutcome> => {
    const source = join(dir, `program-${++count}.ts`);
    const outfile = join(dir, `program-${count}.mjs`);
    await writeFile(source, program);
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias: { runtime: resolve('runtime') },
      external: ['node:*'],
    });
    // As workers are started.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', outfile], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const messages: unknown[] = [];
    let stderr = '';
    child.on('message', (message) => void messages.push(message));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((settle) => child.once('close', (code, signal) => settle({ code, signal, messages, stderr })));
  };
  return { dir, run, close: () => rm(dir, { recursive: true }) };
}
