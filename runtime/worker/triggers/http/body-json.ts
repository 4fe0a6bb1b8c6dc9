import { HearthError } from '../../../kernel/errors.ts';
import type { BodyBounds } from './body-budget.ts';
import { charsetOf, decoderOf } from './body-text.ts';
import { checkDepth, parseInSlices, shapeOf } from './json-slices.ts';

/** From this size on a text is parsed in slices. */
const large = 256 * 1024;

/** Memory that an array or object, and a place in one, take at the least. */
const containerBytes = 64;
const placeBytes = 16;

/** The value of a JSON text, which is in some form of UTF (RFC 8259, 8.1). */
export function parseJson(bytes: Buffer, contentType: string, bounds: BodyBounds): unknown {
  const text = toUtf8(bytes, charsetOf(contentType));
  if (text.length > large) return bounds.inTurn(() => parseLarge(text, bounds));
  // Each level takes a bracket at either end.
  if (text.length > 2 * bounds.depth) checkDepth(text, bounds.depth);
  const value: unknown = JSON.parse(decoderOf(undefined)(text));
  return value;
}

async function parseLarge(text: Buffer, { depth, take }: BodyBounds): Promise<unknown> {
  const shape = await shapeOf(text, depth);
  take(shape.containers * containerBytes + shape.commas * placeBytes);
  return parseInSlices(text, shape);
}

function toUtf8(bytes: Buffer, charset: string | undefined): Buffer {
  if (charset !== undefined && !charset.startsWith('utf-')) throw new HearthError('BODY_UNSUPPORTED');
  return charset === undefined ? withoutMark(bytes) : Buffer.from(decoderOf(charset)(bytes));
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
