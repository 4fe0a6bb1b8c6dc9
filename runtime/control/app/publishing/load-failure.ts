import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';

/**
 * Runs a call to a worker that loads sources. A `LOAD_FAILED` gets the text of the lines it names,
 * which the worker, having compiled code only, does not know.
 */
export async function withLineText<T>(call: Promise<T>, sourceOf: (name: string) => string | undefined): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof HearthError) || error.code !== 'LOAD_FAILED') throw error;
    const diagnostics = error.diagnostics?.map((diagnostic) => addLineText(diagnostic, sourceOf));
    throw new HearthError(error.code, error.details, { cause: error, ...(diagnostics && { diagnostics }) });
  }
}

export function addLineText(diagnostic: Diagnostic, sourceOf: (name: string) => string | undefined): Diagnostic {
  const lineText = sourceOf(diagnostic.function)?.split('\n')[diagnostic.line - 1]?.slice(0, 400);
  return { ...diagnostic, lineText: lineText ?? '' };
}
