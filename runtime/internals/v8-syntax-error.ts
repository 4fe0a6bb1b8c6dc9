/** The name that a `SyntaxError` says is declared twice. V8 tells it in the message alone. */
export function redeclaredName(error: unknown): string | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  return /^Identifier '(.+)' has already been declared$/.exec(error.message)?.[1];
}
