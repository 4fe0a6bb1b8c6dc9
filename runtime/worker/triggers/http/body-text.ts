import { MIMEType } from 'node:util';
import { HearthError } from '../../../kernel/errors.ts';

/** Decodes the text of bodies in one character set. */
export type Decode = (bytes: Uint8Array) => string;

/** The character set that a content type names, in lower case; undefined for none, and for UTF-8. */
export function charsetOf(contentType: string): string | undefined {
  if (!/charset/i.test(contentType)) return undefined;
  try {
    const charset = new MIMEType(contentType).params.get('charset')?.toLowerCase();
    return charset === 'utf-8' || charset === 'utf8' || charset === '' ? undefined : (charset ?? undefined);
  } catch {
    return undefined;
  }
}

/** Throws `BODY_UNSUPPORTED` for a character set that Node does not know. */
export function decoderOf(charset: string | undefined): Decode {
  if (charset === undefined) return decodeUtf8;
  try {
    const decoder = new TextDecoder(charset);
    return (bytes) => decoder.decode(bytes);
  } catch {
    throw new HearthError('BODY_UNSUPPORTED');
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A byte order mark is none of the text.
  const begin = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0;
  return buffer.toString('utf8', begin);
}
