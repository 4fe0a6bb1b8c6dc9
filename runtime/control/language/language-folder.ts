import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Compiler, findHostPackages } from './compiler.ts';
import { type Root, Uris } from './uris.ts';
import { type FileEvent, type FunctionSource, Workspace } from './workspace.ts';

/** What the language service has on the disk. */
export interface Ground {
  readonly workspace: Workspace;
  readonly uris: Uris;
  /** The folders whose files may be read as they are. */
  readonly readable: readonly Root[];
}

/** Where a ground is and what it is made from. */
export interface GroundOptions {
  /** The folder for the functions as files; wiped. */
  readonly dir: string;
  /** The folder of the SDK's sources. */
  readonly sdk: string;
  /** The folder in which the app's own packages are installed. */
  readonly packagesDir: string;
  readonly functions: readonly FunctionSource[];
  readonly compiler: Compiler | undefined;
}

/**
 * The live functions for TypeScript, written when somebody asks for them the first time: neither the
 * start of a host nor a publish is to take longer for files that nobody reads.
 */
export class LazyGround {
  readonly #options: GroundOptions;
  readonly #functions: Map<string, string>;
  #opening: Promise<Ground> | undefined;

  constructor(options: GroundOptions) {
    this.#options = options;
    this.#functions = new Map(options.functions.map(({ name, source }) => [name, source]));
  }

  /** Opens it unless it is open. Rejects when the disk refuses; the next call then tries again. */
  open(): Promise<Ground> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Keeps in step; resolves with what has changed on the disk, nothing as long as it was not opened. */
  async apply(changed: readonly FunctionSource[], deleted: readonly string[]): Promise<readonly FileEvent[]> {
    for (const name of deleted) this.#functions.delete(name);
    for (const { name, source } of changed) this.#functions.set(name, source);
    const ground = await this.#opening;
    return ground ? ground.workspace.apply(changed, deleted) : [];
  }

  /** Resolves when nothing is being opened any more. */
  async settled(): Promise<void> {
    await this.#opening?.catch(() => {});
  }

  async #open(): Promise<Ground> {
    const { packagesDir, compiler } = this.#options;
    const hostPackages = findHostPackages();
    const workspace = await Workspace.open({ ...this.#options, hostPackages });
    await workspace.apply(
      [...this.#functions].map(([name, source]) => ({ name, source })),
      [],
    );
    const libs = await libraries({ workspace, packagesDir, hostPackages, compiler });
    const readable = [{ path: join(workspace.app, 'sdk'), alias: '' }, ...libs];
    return { workspace, uris: new Uris([{ path: workspace.app, alias: '/app' }, ...libs]), readable };
  }
}

interface Libraries {
  readonly workspace: Workspace;
  readonly packagesDir: string;
  readonly hostPackages: string;
  readonly compiler: Compiler | undefined;
}

/** The folders that declarations come from; first the real ones, then the links to them in the workspace. */
async function libraries({ workspace, packagesDir, hostPackages, compiler }: Libraries): Promise<readonly Root[]> {
  const packages = join(await realpath(packagesDir).catch(() => packagesDir), 'node_modules');
  return [
    { path: packages, alias: '/lib/app' },
    { path: hostPackages, alias: '/lib/host' },
    ...(compiler ? [{ path: compiler.libs, alias: '/lib/typescript' }] : []),
    { path: join(workspace.app, 'node_modules'), alias: '/lib/app' },
    { path: join(workspace.dir, 'node_modules'), alias: '/lib/host' },
  ];
}
