import { parse } from 'qs';
import { HearthError } from '../../../kernel/errors.ts';
import type { BodyBounds } from './body-budget.ts';
import { charsetOf, type Decode, decoderOf } from './body-text.ts';

/** What Express takes of a form, and how deep. */
const fieldsLimit = 1000;
const depth = 32;

/** From this size on a form is decoded in slices, between which others have their turn. */
const large = 64 * 1024;

/** The fields of `application/x-www-form-urlencoded`, nested, as Express makes them of the form. */
export function parseForm(bytes: Buffer, contentType: string, { inTurn }: Pick<BodyBounds, 'inTurn'>): unknown {
  const charset = charsetOf(contentType);
  // In these a field's name and value cannot be told apart before they are decoded.
  if (charset?.startsWith('utf-') === true) throw new HearthError('BODY_UNSUPPORTED');
  const decode = decoderOf(charset);
  if (charset === undefined && bytes.length <= large) return parseFields(decode(bytes));
  const text = bytes.toString('latin1');
  if (bytes.length <= large) return parseFields(text, (part) => decodePart(part, decode));
  return inTurn(() => parseLarge(text, decode));
}

async function parseLarge(text: string, decode: Decode): Promise<unknown> {
  checkCount(text);
  const decoded = new Map<string, string>();
  for (const field of text.split('&'))
    for (const part of [field.slice(0, endOfName(field)), field.slice(endOfName(field) + 1)])
      if (part.length > large) decoded.set(part, await decodeLargePart(part, decode));
  return parseFields(text, (part) => decoded.get(part) ?? decodePart(part, decode));
}

/** Where qs sees the name end, too. */
function endOfName(field: string): number {
  const bracket = field.indexOf(']=');
  const end = bracket === -1 ? field.indexOf('=') : bracket + 1;
  return end === -1 ? field.length : end;
}

function parseFields(text: string, decoder?: (part: string) => string): unknown {
  return parse(text, {
    allowPrototypes: true,
    arrayLimit: Math.max(100, checkCount(text)),
    depth,
    parameterLimit: fieldsLimit,
    strictDepth: true,
    ...(decoder && { decoder }),
  });
}

function checkCount(text: string): number {
  const fields = countOf(text, '&');
  if (fields > fieldsLimit) throw new HearthError('BODY_INVALID', { reason: `it has more than ${fieldsLimit} fields.` });
  return fields;
}

function countOf(text: string, separator: string): number {
  let count = 1;
  for (let at = text.indexOf(separator); at !== -1 && count <= fieldsLimit; at = text.indexOf(separator, at + 1)) count += 1;
  return count;
}

/** A name or value whose bytes are in any character set, some of them percent-encoded; what is no such code stays. */
function decodePart(part: string, decode: Decode): string {
  const decoding = new PercentDecoding(part);
  decoding.goOn(part.length);
  return decode(decoding.bytes);
}

async function decodeLargePart(part: string, decode: Decode): Promise<string> {
  const decoding = new PercentDecoding(part);
  while (!decoding.goOn(large)) await new Promise((resolve) => setImmediate(resolve));
  return decode(decoding.bytes);
}

class PercentDecoding {
  readonly #bytes: Buffer;
  #at = 0;
  #length = 0;

  constructor(part: string) {
    this.#bytes = Buffer.from(part, 'latin1');
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Decodes so many bytes more; true when all are. */
  goOn(count: number): boolean {
    const bytes = this.#bytes;
    const until = Math.min(bytes.length, this.#at + count);
    let at = this.#at;
    let length = this.#length;
    for (; at < until; at += 1, length += 1) {
      const byte = bytes[at] ?? 0;
      const code = byte === 0x25 ? hexAt(bytes, at + 1) : undefined;
      bytes[length] = code ?? (byte === 0x2b ? 0x20 : byte);
      if (code !== undefined) at += 2;
    }
    this.#at = at;
    this.#length = length;
    return at >= bytes.length;
  }
}

function hexAt(bytes: Buffer, at: number): number | undefined {
  const [high, low] = [digitOf(bytes[at]), digitOf(bytes[at + 1])];
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function digitOf(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}
