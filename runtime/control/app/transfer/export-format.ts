import { z } from 'zod';
import { isFunctionName } from '../../../kernel/functions/name.ts';
import type { FunctionHead, FunctionStore, SourceRevision } from '../../../kernel/ports/function-store.ts';

/** The name of the format, and its version: another one is refused. */
export const formatName = 'hearth-app';
export const formatVersion = 1;

const text = z.string().refine((value) => !/\p{Surrogate}/u.test(value), 'holds half of a surrogate pair');
const name = z.string().refine(isFunctionName, 'is not a function name');
const number = z.int().min(1);
const methods = z.array(z.string().regex(/^[A-Z]{1,16}$/, 'is not an HTTP method')).nullable();

export const functionEntry = z.strictObject({
  name,
  live: number.nullable().meta({ description: 'The live revision; null for a deleted function.' }),
  last: number.meta({ description: 'The highest revision number ever used.' }),
});

export const revisionEntry = z.strictObject({
  name,
  revision: number,
  createdAt: z.iso.datetime({ precision: 3 }),
  methods: methods.meta({ description: 'null for all methods.' }),
  note: text,
  source: text,
});

export const headEntries = {
  format: z.literal(formatName),
  version: z.literal(formatVersion),
  hearth: z.string().meta({ description: 'The version of the host that wrote the export.' }),
  appId: z.string(),
  exportedAt: z.iso.datetime(),
  serverSecret: z.string().min(16).exactOptional().meta({ description: "The secret that signs the app's tokens; only on request." }),
} as const;

export const appExport = z
  .strictObject({ ...headEntries, functions: z.array(functionEntry).readonly(), revisions: z.array(revisionEntry).readonly() })
  .meta({ description: 'An app: its functions, including deleted ones, and all their revisions, oldest first within a function.' });

export interface ExportHead {
  readonly hearth: string;
  readonly appId: string;
  readonly serverSecret: string | undefined;
}

/** What an export is made of; `heads` has been read from the store: a store that is away shows before the first byte. */
export interface ExportParts {
  readonly store: FunctionStore;
  readonly heads: readonly FunctionHead[];
  readonly head: ExportHead;
}

/**
 * The text of an export, piece by piece: all functions as of the moment of `heads`, one line for each
 * revision. Throws when a live revision was replaced or forgotten meanwhile; what was written until then
 * is no whole document.
 */
export async function* writeExport({ store, heads, head }: ExportParts): AsyncGenerator<string> {
  const { serverSecret, ...rest } = head;
  const members = { format: formatName, version: formatVersion, ...rest, exportedAt: new Date().toISOString() };
  const opening = JSON.stringify({ ...members, ...(serverSecret !== undefined && { serverSecret }) });
  yield `${opening.slice(0, -1)},\n"functions":[\n${heads.map(({ name: one, live, last }) => JSON.stringify({ name: one, live, last })).join(',\n')}\n],\n"revisions":[`;
  let separator = '\n';
  for (const one of heads) {
    for await (const revisions of pagesOf(store, one)) {
      yield separator + revisions.map((revision) => JSON.stringify(toEntry(revision))).join(',\n');
      separator = ',\n';
    }
  }
  yield '\n]}\n';
}

/** The history of a function up to its head, oldest first. */
export async function* pagesOf(store: FunctionStore, { name: one, live, last }: FunctionHead): AsyncGenerator<readonly SourceRevision[]> {
  let found = live === null;
  for (let after = 0; after < last;) {
    const page = (await store.history(one, after)).filter(({ revision }) => revision <= last);
    if (page.length === 0) break;
    found ||= page.some(({ revision }) => revision === live);
    after = page.at(-1)?.revision ?? last;
    yield page;
  }
  if (!found) throw new Error(`The history of ${one} changed while it was being read. Start again.`);
}

function toEntry({ name: one, revision, createdAt, methods: answered, note, source }: SourceRevision): z.input<typeof revisionEntry> {
  const list = answered === undefined ? null : [...answered];
  return { name: one, revision, createdAt: new Date(createdAt).toISOString(), methods: list, note, source };
}
