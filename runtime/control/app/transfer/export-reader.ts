import { pipeline, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { FunctionHead, SourceRevision } from '../../../kernel/ports/function-store.ts';
import { formatName, formatVersion, functionEntry, headEntries, revisionEntry } from './export-format.ts';
import { JsonPieces, type Piece } from './json-pieces.ts';

/** Bytes that are read at once, and milliseconds after which others get their turn: what has arrived already would be read without a pause. */
const sliceLength = 64 * 1024;
const busyTime = 10;

/** A function of an export, with its revisions, oldest first. */
export interface ExportedFunction extends FunctionHead {
  readonly revisions: readonly SourceRevision[];
}

/** An export that was read as a whole and makes sense. */
export interface AppExport {
  readonly functions: readonly ExportedFunction[];
  readonly serverSecret: string | undefined;
}

/**
 * Reads an export, plain or with gzip. Throws `IMPORT_INVALID` (reason) when it is not a whole one, and
 * `BODY_TOO_LARGE` beyond `limit` bytes of JSON. Sources are dropped for those who only want to know what is there. The source is not destroyed then, and not read to its end.
 */
export async function readExport(source: Readable, limit: number, sources: 'keep' | 'drop' = 'keep'): Promise<AppExport> {
  const pieces = new JsonPieces();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  const collector = new Collector(sources === 'keep');
  let size = 0;
  let pausedAt = performance.now();
  try {
    for await (const chunk of sliced(inflated(source))) {
      size += chunk.length;
      if (size > limit) throw new HearthError('BODY_TOO_LARGE', { limit });
      for (const piece of pieces.take(decoder.decode(chunk, { stream: true }))) collector.take(piece);
      if (performance.now() - pausedAt < busyTime) continue;
      await nextTurn();
      pausedAt = performance.now();
    }
    for (const piece of pieces.take(decoder.decode())) collector.take(piece);
    pieces.end();
    return collector.finish();
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw invalid(error instanceof z.ZodError ? z.prettifyError(error).split('\n')[0] : messageOf(error));
  }
}

function invalid(reason = 'it could not be understood.'): HearthError {
  const sentence = /[.!?]$/.test(reason) ? reason : `${reason}.`;
  return new HearthError('IMPORT_INVALID', { reason: sentence.slice(0, 400) });
}

/** The bytes without their gzip, if they have it. */
async function* inflated(source: Readable): AsyncGenerator<Buffer> {
  const bytes = source.iterator({ destroyOnReturn: false });
  const first = toBuffer((await bytes.next()).value);
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    for await (const chunk of bytes) yield toBuffer(chunk);
  }
  if (first.length < 2 || first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  // Its errors come out of `gunzip`, which is read here.
  pipeline(Readable.from(all()), gunzip, () => {});
  for await (const chunk of gunzip) yield toBuffer(chunk);
}

async function* sliced(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += sliceLength) yield chunk.subarray(at, at + sliceLength);
  }
}

function toBuffer(chunk: unknown): Buffer {
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.alloc(0);
}

/** Puts the pieces together and sees that they fit. */
class Collector {
  readonly #heads = new Map<string, unknown>();
  readonly #functions = new Map<string, FunctionHead>();
  readonly #revisions = new Map<string, SourceRevision[]>();
  readonly #keep: boolean;
  #first = true;

  constructor(keep: boolean) {
    this.#keep = keep;
  }

  take({ key, value, element }: Piece): void {
    // At once, rather than after a foreign file was read as a whole.
    if (this.#first && (key !== 'format' || value !== formatName)) throw new Error(`it does not start with "format": "${formatName}".`);
    this.#first = false;
    if (key === 'version' && value !== formatVersion) throw new Error(`its version is not ${formatVersion}, the only one this host knows.`);
    if (element && key === 'functions') this.#addFunction(functionEntry.parse(value));
    else if (element && key === 'revisions') this.#addRevision(revisionEntry.parse(value));
    else if (element || this.#heads.has(key) || !Object.hasOwn(headEntries, key))
      throw new Error(`its member "${key.slice(0, 40)}" is out of place.`);
    else this.#heads.set(key, value);
  }

  finish(): AppExport {
    const { serverSecret } = z.strictObject(headEntries).parse(Object.fromEntries(this.#heads));
    const functions = [...this.#functions.values()].map((head) => this.#toFunction(head));
    for (const name of this.#revisions.keys())
      if (!this.#functions.has(name)) throw new Error(`"${name}" has revisions but is not in its functions.`);
    return { functions, serverSecret };
  }

  #addFunction(head: FunctionHead): void {
    if (this.#functions.has(head.name)) throw new Error(`the function "${head.name}" appears twice.`);
    this.#functions.set(head.name, head);
  }

  #addRevision({ createdAt, methods, ...rest }: z.output<typeof revisionEntry>): void {
    const { name, revision, source } = rest;
    const known = this.#revisions.get(name) ?? [];
    if (revision <= (known.at(-1)?.revision ?? 0)) throw new Error(`the revisions of "${name}" are not in order.`);
    known.push({ ...rest, source: this.#keep ? source : '', methods: methods ?? undefined, createdAt: Date.parse(createdAt) });
    this.#revisions.set(name, known);
  }

  #toFunction(head: FunctionHead): ExportedFunction {
    const { name, live, last } = head;
    const revisions = this.#revisions.get(name) ?? [];
    if ((revisions.at(-1)?.revision ?? 0) > last) throw new Error(`"${name}" has a revision with a higher number than its last one.`);
    if (live !== null && !revisions.some(({ revision }) => revision === live)) throw new Error(`revision ${live} of "${name}" is missing.`);
    return { ...head, revisions };
  }
}
