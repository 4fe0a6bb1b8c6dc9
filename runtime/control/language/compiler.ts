import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The native TypeScript compiler and what came with it. */
export interface Compiler {
  /** The program, to be started without a shell. */
  readonly program: string;
  /** The folder of TypeScript's own declaration files. */
  readonly libs: string;
}

/**
 * The compiler that belongs to the installed `typescript` package; undefined when its package for this
 * platform is missing, as after `npm ci --omit=optional`.
 */
export function findCompiler(): Compiler | undefined {
  try {
    const host = createRequire(import.meta.url);
    const own = createRequire(host.resolve('typescript/package.json'));
    const libs = join(dirname(own.resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`)), 'lib');
    const program = realpathSync(join(libs, process.platform === 'win32' ? 'tsc.exe' : 'tsc'));
    return { program, libs: dirname(program) };
  } catch {
    return undefined;
  }
}

/** The folder that holds the host's own packages, with their types. */
export function findHostPackages(): string {
  return dirname(dirname(realpathSync(createRequire(import.meta.url).resolve('ws/package.json'))));
}
