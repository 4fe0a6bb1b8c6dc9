import { mkdir, readFile, readdir, realpath, rm, symlink, writeFile, copyFile, chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toSettings } from './server-settings.ts';

/** A function as the language server needs it. */
export interface FunctionSource {
  readonly name: string;
  readonly source: string;
}

/** Where a workspace is and what it is made from. */
export interface WorkspaceOptions {
  /** Wiped, and made anew. */
  readonly dir: string;
  /** The SDK's sources. */
  readonly sdk: string;
  /** The folder in which the app's own packages are installed; its `node_modules` may come later. */
  readonly packagesDir: string;
  /** The host's `node_modules`. */
  readonly hostPackages: string;
}

/** A file that has changed, in the terms of the Language Server Protocol: 1 created, 2 changed, 3 deleted. */
export interface FileEvent {
  readonly uri: string;
  readonly type: 1 | 2 | 3;
}

/**
 * The live functions as files for TypeScript. Node looks for packages in ever higher folders: `app` has
 * the app's own, the folder around it the host's, which is the order in which functions get them.
 */
export class Workspace {
  /** The folder around all: `app`, and what is checked. */
  readonly dir: string;
  readonly #packagesDir: string;
  readonly #functions = new Map<string, string>();
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(dir: string, packagesDir: string) {
    this.dir = dir;
    this.#packagesDir = packagesDir;
  }

  /** Makes the folder, without functions. */
  static async open({ dir, sdk, packagesDir, hostPackages }: WorkspaceOptions): Promise<Workspace> {
    await rm(dir, { recursive: true, force: true });
    await mkdir(join(dir, 'app', 'functions'), { recursive: true, mode: 0o700 });
    const workspace = new this(await realpath(dir), packagesDir);
    const target = join(workspace.app, 'sdk');
    await mkdir(target);
    for (const file of await readdir(sdk)) {
      if (!file.endsWith('.ts')) continue;
      await copyFile(join(sdk, file), join(target, file));
      await chmod(join(target, file), 0o444);
    }
    await writeFile(join(workspace.app, 'tsconfig.json'), toSettings({ sdk: './sdk' }));
    await link(hostPackages, join(workspace.dir, 'node_modules'));
    await writeManifest(workspace.dir, offered);
    await workspace.linkPackages(workspace.app);
    return workspace;
  }

  /** The folder that is `file:///app` outside. */
  get app(): string {
    return join(this.dir, 'app');
  }

  /** The live functions, as the files are once all changes are written. */
  get functions(): ReadonlyMap<string, string> {
    return this.#functions;
  }

  /** Lets the functions below a folder find the app's packages, and TypeScript offer them for import. */
  async linkPackages(folder: string): Promise<void> {
    await link(join(this.#packagesDir, 'node_modules'), join(folder, 'node_modules'));
    await writeManifest(folder, { ...offered, ...(await readDependencies(join(this.#packagesDir, 'package.json'))) });
  }

  /** Brings the files in step, one change after another; resolves with what has changed on the disk. */
  apply(changed: readonly FunctionSource[], deleted: readonly string[]): Promise<readonly FileEvent[]> {
    const events: (() => Promise<FileEvent | undefined>)[] = [];
    for (const name of deleted) {
      if (this.#functions.delete(name)) events.push(() => this.#remove(name));
    }
    for (const { name, source } of changed) {
      const type = this.#functions.has(name) ? 2 : 1;
      this.#functions.set(name, source);
      events.push(() => this.#write(name, source, type));
    }
    const written = this.#writing.then(async () => {
      const done: FileEvent[] = [];
      for (const write of events) {
        const event = await write();
        if (event) done.push(event);
      }
      return done;
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(name: string, source: string, type: 1 | 2): Promise<FileEvent | undefined> {
    const file = fileOf(this.app, name);
    return (await writeSource(file, source)) ? { uri: pathToFileURL(file).href, type } : undefined;
  }

  async #remove(name: string): Promise<FileEvent | undefined> {
    const file = fileOf(this.app, name);
    const removed = await rm(file).then(
      () => true,
      () => false,
    );
    return removed ? { uri: pathToFileURL(file).href, type: 3 } : undefined;
  }
}

/** The file of a function below a folder. */
export function fileOf(folder: string, name: string): string {
  return join(folder, 'functions', `${name}.ts`);
}

/**
 * Writes a function's file; false when no file can have this name: it is too long, or `a` and `a.ts/b`
 * both exist, and the second needs for a folder what is the file of the first.
 */
export async function writeSource(file: string, source: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
    return true;
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    if (typeof code === 'string' && unnameable.has(code)) return false;
    throw error;
  }
}

/** Where links cannot be made, packages have no types; the host goes on. */
function link(target: string, path: string): Promise<void> {
  return symlink(target, path, 'junction').catch(() => undefined);
}

/** Without a manifest TypeScript would read all packages of the host, hundreds, for what it can offer to import. */
function writeManifest(folder: string, dependencies: object): Promise<void> {
  return writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
}

async function readDependencies(manifest: string): Promise<object> {
  try {
    const parsed: unknown = JSON.parse(await readFile(manifest, 'utf8'));
    const dependencies: unknown = Reflect.get(Object(parsed), 'dependencies');
    return Object(dependencies);
  } catch {
    return {};
  }
}

const unnameable = new Set(['ENAMETOOLONG', 'EEXIST', 'ENOTDIR', 'EISDIR']);

/** The host's packages whose names are offered as imports; all others can be imported too. */
const offered = { '@types/node': '*', axios: '*', mongodb: '*', ws: '*' };
