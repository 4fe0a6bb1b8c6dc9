import { z } from 'zod';
import type { Revision, RevisionSummary } from '../../kernel/revision.ts';

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

const revisionRow = summaryRow.omit({ size: true }).extend({ builder: z.string(), source: text, code: text, map: text });

const headRow = z.object({ live: z.number().nullable(), last: z.number(), created_at: z.number() });
const settingRow = z.object({ value: text });

/** Where a function stands: its live revision (null when deleted), its last one, and that one's time in milliseconds. */
export type Head = z.output<typeof headRow>;

/** The bytes that stand for a text; a lone surrogate, which UTF-8 cannot express, becomes U+FFFD. */
export function toBytes(value: string): Uint8Array {
  return Buffer.from(value);
}

/** The revision in a row that has every column of `revisions`. */
export function toRevision(row: unknown): Revision {
  const { created_at: createdAt, builder, code, map, ...rest } = revisionRow.parse(row);
  return { ...rest, createdAt, compiled: { code, map, builder } };
}

/** The line of a history in a row of `revisions` with the source's `size`. */
export function toSummary(row: unknown): RevisionSummary {
  const { created_at: createdAt, ...rest } = summaryRow.parse(row);
  return { ...rest, createdAt };
}

/** The head in a row, or undefined where there is none. */
export function toHead(row: unknown): Head | undefined {
  return row === undefined ? undefined : headRow.parse(row);
}

/** The value in a row of `settings`, or undefined where there is none. */
export function toSetting(row: unknown): string | undefined {
  return row === undefined ? undefined : settingRow.parse(row).value;
}
