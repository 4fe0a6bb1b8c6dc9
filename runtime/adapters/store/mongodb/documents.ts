import { BSON } from 'mongodb';
import { z } from 'zod';
import { type Diagnostic, HearthError, isDiagnostic } from '../../../kernel/errors.ts';
import type { Revision, RevisionSummary } from '../../../kernel/functions/revision.ts';
import type { Draft, FunctionHead, LiveRevision, SourceRevision } from '../../../kernel/ports/function-store.ts';

const time = z.date().transform((date) => date.getTime());
const methods = z
  .array(z.string())
  .nullable()
  .transform((list) => list ?? undefined);

const key = z.object({ name: z.string(), revision: z.number() });
const summaryDocument = z.object({ _id: key, createdAt: time, methods, note: z.string(), size: z.number() });
const sourceDocument = summaryDocument.omit({ size: true }).extend({ source: z.string() });
const revisionDocument = sourceDocument.extend({
  builder: z.string(),
  code: z.string(),
  map: z.string(),
  loadError: z.custom<Diagnostic>(isDiagnostic).optional(),
});
const headDocument = z.object({ _id: z.string(), live: z.number().nullable(), last: z.number(), createdAt: time });
const liveDocument = z.object({ _id: z.string(), live: z.number() });
const settingDocument = z.object({ value: z.string() });

/** One function in `hearth_functions`. */
export interface FunctionDocument {
  /** The name. */
  readonly _id: string;
  /** The live revision; null when the function is deleted. */
  readonly live: number | null;
  /** The newest revision, live or not. */
  readonly last: number;
  /** When the newest revision was made. */
  readonly createdAt: Date;
}

/** One revision in `hearth_revisions`. The key is in this order of fields, since MongoDB compares it so. */
export interface RevisionDocument {
  readonly _id: { readonly name: string; readonly revision: number };
  readonly createdAt: Date;
  readonly methods: readonly string[] | null;
  readonly note: string;
  /** Bytes of the source. */
  readonly size: number;
  readonly builder: string;
  readonly source: string;
  readonly code: string;
  readonly map: string;
  /** Absent where it loaded when it was published. */
  readonly loadError?: Diagnostic;
}

/** One setting in `hearth_settings`. */
export interface SettingDocument {
  readonly _id: string;
  readonly value: string;
}

/** Where a function stands. */
export type Head = z.output<typeof headDocument>;

/** The text as UTF-8 can express it: a lone surrogate becomes U+FFFD. */
export function toText(value: string): string {
  return Buffer.from(value).toString();
}

/** The document of a new revision. Throws `SOURCE_TOO_LARGE` (name, limit) when MongoDB cannot hold it. */
export function fromDraft(draft: Draft, revision: number, createdAt: number): RevisionDocument {
  const { name, compiled } = draft;
  const source = toText(draft.source);
  const document = {
    _id: { name, revision },
    createdAt: new Date(createdAt),
    methods: draft.methods?.map(toText) ?? null,
    note: toText(draft.note),
    size: Buffer.byteLength(source),
    source,
    ...fromCompiled(compiled),
    ...(draft.loadError && { loadError: draft.loadError }),
  };
  checkSize(document);
  return document;
}

/** The fields that hold what was compiled. */
export function fromCompiled({ code, map, builder }: Draft['compiled']): Pick<RevisionDocument, 'code' | 'map' | 'builder'> {
  return { builder, code: toText(code), map: toText(map) };
}

/** MongoDB's limit of a document, in bytes, less what the change of one may add to it. */
const documentLimit = 16 * 1024 * 1024 - 1024;

function checkSize(document: RevisionDocument): void {
  const { source, code, map, note } = document;
  // Measuring takes longer than it takes to see that most cannot be too large: UTF-8 has at most three bytes a unit.
  if ((source.length + code.length + map.length + note.length) * 3 < documentLimit / 2) return;
  const size = BSON.calculateObjectSize(document);
  if (size <= documentLimit) return;
  // The document holds what is compiled too, which grows with the source.
  const limit = Math.floor((document.size * documentLimit) / size);
  throw new HearthError('SOURCE_TOO_LARGE', { name: document._id.name, limit });
}

/** The revision in a whole document. */
export function toRevision(document: unknown): Revision {
  const { _id, builder, code, map, loadError, ...rest } = revisionDocument.parse(document);
  return { ..._id, ...rest, compiled: { code, map, builder }, ...(loadError && { loadError }) };
}

/** The revision, without what was compiled, in a document with at least the fields of its source. */
export function toSourceRevision(document: unknown): SourceRevision {
  const { _id, ...rest } = sourceDocument.parse(document);
  return { ..._id, ...rest };
}

/** The name, the live and the newest revision in a document of a function. */
export function toFunctionHead(document: unknown): FunctionHead {
  const { _id: name, live, last } = headDocument.omit({ createdAt: true }).parse(document);
  return { name, live, last };
}

/** The line of a history in a document with at least its fields. */
export function toSummary(document: unknown): RevisionSummary {
  const { _id, ...rest } = summaryDocument.parse(document);
  return { ..._id, ...rest };
}

/** Where a function stands. */
export function toHead(document: unknown): Head {
  return headDocument.parse(document);
}

/** The name and live revision in a document of a function that is live. */
export function toLive(document: unknown): LiveRevision {
  const { _id: name, live: revision } = liveDocument.parse(document);
  return { name, revision };
}

/** The value in a document of `hearth_settings`, or undefined where there is none. */
export function toSetting(document: unknown): string | undefined {
  return document === null ? undefined : settingDocument.parse(document).value;
}
