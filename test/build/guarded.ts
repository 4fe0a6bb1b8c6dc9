import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { transformSync } from 'esbuild';
import { instrument } from '../../runtime/build/instrument.ts';
import { type Mapped, parseCompiled } from '../../runtime/build/parser.ts';
import type { Builder } from '../../runtime/build/builder.ts';

/** What guarded code throws once it is stopped. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The flag, how often a guard called while it was raised, and how many such calls pass before one throws. */
export interface Guard {
  readonly flags: Int32Array;
  calls: number;
  patience: number;
}

export function createGuard({ raised = false, patience = 0 } = {}): Guard {
  const flags = new Int32Array(new SharedArrayBuffer(4));
  flags[0] = raised ? 1 : 0;
  return { flags, calls: 0, patience };
}

/** Runs compiled code as the loader does; answers what it exports. What it requires is looked up from `filename`. */
export function evaluate(code: string, guard = createGuard(), filename = fileURLToPath(import.meta.url)): Record<string, unknown> {
  const module: { exports: Record<string, unknown> } = { exports: {} };
  const stop = (): void => {
    guard.calls += 1;
    if (guard.calls > guard.patience) throw new Stopped();
  };
  const require = createRequire(filename);
  const parameters = ['exports', 'require', '__hearth_require', 'module', '__hearth_f', '__hearth_s'];
  const run = compileFunction(code, parameters, { filename });
  Reflect.apply(run, module.exports, [module.exports, require, require, module, guard.flags, stop]);
  return module.exports;
}

/** Calls an exported function. */
export function call(exports: Readonly<Record<string, unknown>>, name: string, ...args: readonly unknown[]): unknown {
  const handler = exports[name];
  if (typeof handler !== 'function') throw new TypeError(`${name} is no function`);
  return Reflect.apply(handler, undefined, args);
}

/** JavaScript as esbuild prints it, unguarded and guarded. */
export function printed(source: string, minify = false): { readonly plain: Mapped; readonly guarded: Mapped } {
  const { code, map } = transformSync(source, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'external',
    lineLimit: 160,
    minify,
  });
  return { plain: { code, map }, guarded: guarded({ code, map }) };
}

/** The code with guards; throws when it cannot have any. */
export function guarded(plain: Mapped): Mapped {
  const parsed = parseCompiled(plain.code);
  const result = parsed && instrument(plain, parsed, { guards: true, isModule: false });
  if (!result) throw new Error('The code was not guarded.');
  return result;
}

/** The code of a TypeScript source as the builder makes it. */
export async function codeOf(builder: Builder, source: string): Promise<string> {
  return (await builder.build({ name: 'probe', source })).compiled.code;
}
