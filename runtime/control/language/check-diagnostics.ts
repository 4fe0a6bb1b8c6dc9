import type { Diagnostic } from '../../kernel/errors.ts';
import { z } from 'zod';
import { toRecord } from './messages.ts';
import { isImplicitAny } from './server-settings.ts';

/** What TypeScript finds in a function; lines and columns count from 1. */
export interface CheckDiagnostic extends Diagnostic {
  readonly endLine: number;
  readonly endColumn: number;
  /** TypeScript's, such as 2322. */
  readonly code: number;
  readonly severity: 'error' | 'warning';
}

const position = z.object({ line: z.number(), character: z.number() });
const report = z.object({
  items: z.array(
    z.object({
      range: z.object({ start: position, end: position }),
      severity: z.number().optional(),
      code: z.union([z.number(), z.string()]).optional(),
      message: z.string(),
    }),
  ),
});

/** Errors and warnings of a report on one function, as the Language Server Protocol writes them; hints are left out. */
export function toDiagnostics(name: string, source: string, value: unknown): readonly CheckDiagnostic[] {
  const { items } = report.parse(value);
  const lines = source.split(/\r\n|[\n\r]/);
  return items
    .filter(({ severity = 1, code }) => severity <= 2 && !isImplicitAny(code))
    .map(({ range: { start, end }, severity, code, message }) => ({
      function: name,
      line: start.line + 1,
      column: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
      message,
      code: Number(code),
      severity: severity === 2 ? ('warning' as const) : ('error' as const),
      lineText: lines[start.line] ?? '',
    }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** A result of the language server without diagnostics that only say that a type is missing; other results as they are. */
export function withoutImplicitAny(result: unknown): unknown {
  const { kind, items, ...rest } = toRecord(result);
  if (kind !== 'full' || !Array.isArray(items)) return result;
  return { kind, ...rest, items: items.filter((item) => !isImplicitAny(toRecord(item)['code'])) };
}
