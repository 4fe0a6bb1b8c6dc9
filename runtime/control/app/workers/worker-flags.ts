import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkerSettings } from '../../../kernel/protocol/settings.ts';

export interface WorkerFlagsOptions {
  readonly entry: string;
  readonly settings: Pick<WorkerSettings, 'limits' | 'packagesDir' | 'uploadDir'>;
  readonly permissions: 'full' | 'restricted';
}

/** The part of the memory limit beyond it that V8's heap may have: the watchdog, which names the culprit, is to come first. */
const heapReserve = 1.25;

/** Node's flags for a worker. With restricted permissions its folders must be there. */
export function workerFlags({ entry, settings, permissions }: WorkerFlagsOptions): readonly string[] {
  const flags = [
    // Without it V8 keeps code that was replaced.
    '--no-compilation-cache',
    '--disable-warning=ExperimentalWarning',
    // V8 goes over to an engine that takes linear time when an expression backtracks without end.
    '--enable-experimental-regexp-engine-on-excessive-backtracks',
    `--max-old-space-size=${Math.ceil(settings.limits.memory * heapReserve)}`,
  ];
  const [major = 0] = process.versions.node.split('.').map(Number);
  // On Node 20 the global WebSocket is behind a flag; from 22 on it is always there.
  if (major < 22) flags.push('--experimental-websocket');
  if (permissions === 'restricted') flags.push(...permissionFlags(entry, settings, major));
  return flags;
}

/** Reads its own program and packages, writes uploads, and starts no programs. */
function permissionFlags(entry: string, { packagesDir, uploadDir }: WorkerFlagsOptions['settings'], major: number): readonly string[] {
  const root = dirname(dirname(entry));
  const read = [join(root, 'dist'), join(root, 'node_modules'), packagesDir, uploadDir].flatMap(below);
  return [
    '--disable-warning=SecurityWarning',
    major < 23 ? '--experimental-permission' : '--permission',
    ...[join(root, 'package.json'), ...read].map((path) => `--allow-fs-read=${path}`),
    ...below(uploadDir).map((path) => `--allow-fs-write=${path}`),
    // The watchdog is a thread.
    '--allow-worker',
    ...(major < 25 ? [] : ['--allow-net']),
  ];
}

/** Everything in a folder: Node asks for a path as it is written, and for the one that links in it lead to. */
function below(dir: string): readonly string[] {
  return [...new Set([dir, realpathSync(dir)])].map((path) => `${path}/*`);
}
