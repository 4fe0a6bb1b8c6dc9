import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** A command that runs. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves once the output holds `text`; rejects when the command ends without it. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<Outcome>;
}

/** A small project in a folder of its own, with the real scripts. */
export interface Project {
  readonly root: string;
  write(path: string, content: string): void;
  read(path: string): string;
  /** Makes its lockfile ask for another version of esbuild. */
  upgrade(version: string): void;
  /** Starts one of the scripts with `args`, from a folder that is not the project's. */
  start(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** The same, until its end. */
  run(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  remove(): void;
}

const manifest = {
  name: 'small',
  version: '1.0.0',
  type: 'module',
  engines: { node: '>=20.19' },
  dependencies: { esbuild: 'file:esbuild.tgz' },
  devDependencies: { vitest: 'file:vitest.tgz' },
};

const sources = {
  'runtime/main.ts': "import { greeting } from './greeting.ts';\nconsole.log(greeting, process.pid);\n",
  'runtime/greeting.ts': "export const greeting: string = 'first';\n",
  'runtime/worker/process/worker-main.ts': 'export {};\n',
  'runtime/worker/watchdog/watchdog-thread.ts': 'export {};\n',
  'runtime/worker/triggers/http/xml-thread.ts': 'export {};\n',
  'runtime/adapters/mongod/keeper.ts': 'export {};\n',
  'runtime/cli/transfer-command.ts': 'export {};\n',
  'sdk/index.ts': 'export {};\n',
  'web/index.html': '<!doctype html><!-- build: head -->',
  'web/main.tsx': 'export {};\n',
  'web/monaco/editor.worker.ts': 'export {};\n',
  'web/tsconfig.json': '{}',
  'tsconfig.json': '{}',
  'package.json': JSON.stringify(manifest),
};

/**
 * Makes a project whose packages are files of its own, so that a real `npm ci` needs no network:
 * `esbuild` passes on to the real one, `vitest` prints its arguments and ends with code 3.
 */
export function createProject(): Project {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'hearth-scripts-')));
  const write: Project['write'] = (path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const pack = (name: string, version: string, files: Readonly<Record<string, string>>): void => {
    const all = { ...files, 'package.json': JSON.stringify({ name, version, main: 'main.cjs' }) };
    for (const [path, content] of Object.entries(all)) write(`${name}/package/${path}`, content);
    execFileSync('tar', ['-czf', join(root, `${name}.tgz`), '-C', join(root, name), 'package']);
  };
  const upgrade = (version: string): void => {
    pack('esbuild', version, { 'main.cjs': `module.exports = require(${JSON.stringify(resolve('node_modules/esbuild'))});` });
    write('package-lock.json', lockfile(version));
  };
  cpSync('scripts', join(root, 'scripts'), { recursive: true });
  cpSync('.npmrc', join(root, '.npmrc'));
  for (const [path, content] of Object.entries(sources)) write(path, content);
  pack('vitest', '1.0.0', { 'vitest.mjs': 'console.log(process.argv.slice(2).join()); process.exit(3);' });
  upgrade('1.0.0');

  const start: Project['start'] = (script, args = [], env = {}) => {
    const command = [join(root, 'scripts', script), ...args];
    return follow(spawn(process.execPath, command, { cwd: tmpdir(), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  };
  return {
    root,
    write,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    upgrade,
    start,
    run: (script, args, env) => start(script, args, env).ended,
    remove: () => rmSync(root, { recursive: true }),
  };
}

function lockfile(version: string): string {
  const { name, dependencies, devDependencies } = manifest;
  return JSON.stringify({
    name,
    lockfileVersion: 3,
    packages: {
      '': { name, version: '1.0.0', dependencies, devDependencies },
      'node_modules/esbuild': { version, resolved: 'file:esbuild.tgz' },
      'node_modules/vitest': { version: '1.0.0', resolved: 'file:vitest.tgz', dev: true },
    },
  });
}

function follow(child: ChildProcess): Running {
  let output = '';
  const gather = (chunk: Buffer): void => {
    output += chunk.toString();
    child.emit('output');
  };
  child.stdout?.on('data', gather);
  child.stderr?.on('data', gather);
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode, output }));
  const printed = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended without printing "${text}": ${output}`);
      await Promise.race([once(child, 'output'), ended]);
    }
  };
  return { process: child, printed, ended };
}
