import { z } from 'zod';
import { type Diagnostic, isDiagnostic } from '../../../kernel/errors.ts';
import type { Revision, RevisionSummary } from '../../../kernel/functions/revision.ts';
import type { FunctionHead, SourceRevision } from '../../../kernel/ports/function-store.ts';

const text = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
const methods = z
  .string()
  .nullable()
  .transform((json) => (json === null ? undefined : z.array(z.string()).parse(JSON.parse(json))));

const summaryRow = z.object({
  name: z.string(),
  revision: z.number(),
  created_at: z.number(),
  methods,
  note: text,
  size: z.number(),
});

const sourceRow = summaryRow.omit({ size: true }).extend({ source: text });
const loadError = text.nullable().transform((json): Diagnostic | undefined => {
  const value: unknown = json === null ? undefined : JSON.parse(json);
  return isDiagnostic(value) ? value : undefined;
});
const revisionRow = sourceRow.extend({ builder: z.string(), code: text, map: text, load_error: loadError });

const liveRow = z.object({ name: z.string(), revision: z.number() });
const functionRow = z.object({ name: z.string(), live: z.number().nullable(), last: z.number() });
// The newest number may be one whose revision was replaced by an older history.
const headRow = functionRow.omit({ name: true }).extend({ created_at: z.number().nullable() });
const settingRow = z.object({ value: text });

/** Where a function stands: its live revision (null when deleted), its last one, and that one's time in milliseconds (null where it is gone). */
export type Head = z.output<typeof headRow>;

/** The bytes that stand for a text; a lone surrogate, which UTF-8 cannot express, becomes U+FFFD. */
export function toBytes(value: string): Uint8Array {
  return Buffer.from(value);
}

/** The revision in a row that has every column of `revisions`. */
export function toRevision(row: unknown): Revision {
  const { created_at: createdAt, builder, code, map, load_error: error, ...rest } = revisionRow.parse(row);
  return { ...rest, createdAt, compiled: { code, map, builder }, ...(error && { loadError: error }) };
}

/** The line of a history in a row of `revisions` with the source's `size`. */
export function toSummary(row: unknown): RevisionSummary {
  const { created_at: createdAt, ...rest } = summaryRow.parse(row);
  return { ...rest, createdAt };
}

/** The revision, without what was compiled, in a row with the columns of its source. */
export function toSourceRevision(row: unknown): SourceRevision {
  const { created_at: createdAt, ...rest } = sourceRow.parse(row);
  return { ...rest, createdAt };
}

/** The row of `functions`. */
export function toFunctionHead(row: unknown): FunctionHead {
  return functionRow.parse(row);
}

/** The name and live revision in a row. */
export function toLive(row: unknown): z.output<typeof liveRow> {
  return liveRow.parse(row);
}

/** The head in a row, or undefined where there is none. */
export function toHead(row: unknown): Head | undefined {
  return row === undefined ? undefined : headRow.parse(row);
}

/** The value in a row of `settings`, or undefined where there is none. */
export function toSetting(row: unknown): string | undefined {
  return row === undefined ? undefined : settingRow.parse(row).value;
}
