import * as esbuild from 'esbuild';
import { HearthError } from '../kernel/errors.ts';
import { insertedNames } from '../kernel/functions/inserted-text.ts';

export type Transformed =
  | { readonly ok: true; readonly code: string; readonly map: string; readonly warnings: readonly esbuild.Message[] }
  | { readonly ok: false; readonly errors: readonly esbuild.Message[] };

/** A source to compile. `loader` is `tsx` only to find out whether JSX is the mistake. */
export interface TransformInput {
  readonly name: string;
  readonly source: string;
  readonly loader: 'ts' | 'tsx';
}

const options = {
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  sourcemap: 'external',
  sourcesContent: false,
  // Node 20 has them from 20.10 on, of which the target says nothing.
  supported: { 'import-attributes': true },
  // CommonJS has no `import.meta`; a worker passes one in under this name.
  define: { 'import.meta': insertedNames.meta },
  // Laf compiles with TypeScript 4.9 for ES2022: class fields are defined as the language does, and decorators are
  // the older kind, the only one that this version has.
  tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: true } },
  legalComments: 'none',
  logLevel: 'silent',
  // Caps the indentation: blocks nested 20,000 deep print as a gigabyte without it.
  lineLimit: 160,
} satisfies esbuild.TransformOptions;

/**
 * Runs esbuild once. esbuild works in a process of its own, which hangs or dies on sources that are
 * nested absurdly deep; that process is then ended, and `BUILD_FAILED` thrown after `deadline`
 * milliseconds at the latest. Throws `INTERNAL` when esbuild does not run at all.
 */
export async function transform(input: TransformInput, deadline: number): Promise<Transformed> {
  try {
    const { code, map, warnings } = await within(run(input), deadline);
    return { ok: true, code, map, warnings };
  } catch (error) {
    if (isFailure(error)) return { ok: false, errors: error.errors };
    // esbuild starts a new process only after this.
    await esbuild.stop();
    if (error instanceof DeadlineError)
      throw new HearthError('BUILD_FAILED', { reason: `${error.message} Is something nested very deeply?` });
    await checkService(deadline, error);
    throw new HearthError(
      'BUILD_FAILED',
      { reason: 'The compiler crashed on this source. Is something nested very deeply?' },
      { cause: error },
    );
  }
}

/** Ends esbuild's process; the next transform starts it again. */
export async function stopCompiler(): Promise<void> {
  await esbuild.stop();
}

class DeadlineError extends Error {}

function run({ name, source, loader }: TransformInput): Promise<esbuild.TransformResult> {
  return esbuild.transform(source, { ...options, loader, sourcefile: `${name}.ts` });
}

async function checkService(deadline: number, cause: unknown): Promise<void> {
  try {
    await within(run({ name: 'check', source: '', loader: 'ts' }), deadline);
  } catch {
    await esbuild.stop();
    throw new HearthError('INTERNAL', {}, { cause });
  }
}

async function within<T>(work: Promise<T>, deadline: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`The compiler did not finish within ${deadline} ms.`)), deadline);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isFailure(error: unknown): error is esbuild.TransformFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}
