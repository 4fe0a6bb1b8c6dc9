import { findJsonFault } from './json-fault.ts';

/** How what somebody has typed becomes a message. */
export type Format = 'text' | 'json' | 'base64' | 'hex';

/** The formats in words. */
export const formats: Readonly<Record<Format, string>> = { text: 'Text', json: 'JSON', base64: 'Binary (base64)', hex: 'Binary (hex)' };

/** What a socket sends: a string as a text message, bytes as a binary one. */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** A payload, or why there is none. */
export type Encoded = { readonly payload: Payload } | { readonly fault: string };

/** Makes a message of what was typed. */
export function encode(text: string, format: Format): Encoded {
  if (format === 'text') return { payload: text };
  if (format === 'json') {
    const fault = findJsonFault(text);
    return fault ? { fault: `Line ${fault.line}, column ${fault.column}: ${fault.message}` } : { payload: text };
  }
  return format === 'hex' ? fromHex(text) : fromBase64(text);
}

/** The JSON with line breaks and indentation; what is no JSON stays as it is. */
export function prettyJson(text: string): string {
  const value = parseContainer(text);
  return value === undefined ? text : JSON.stringify(value, undefined, 2);
}

/** Bytes in hex, in pairs: `00 0a ff`; at most `limit` of them. */
export function hexText(bytes: Uint8Array, limit: number): string {
  const shown = Array.from(bytes.subarray(0, limit), toHexPair).join(' ');
  return bytes.length > limit ? `${shown} …` : shown;
}

/** Bytes as hex editors show them: offset, sixteen bytes, and what of them is ASCII. */
export function hexDump(bytes: Uint8Array, limit: number): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, limit); at += 16) {
    const row = bytes.subarray(at, Math.min(at + 16, limit));
    const ascii = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hexText(row, 16).padEnd(47)}  ${ascii}`);
  }
  if (bytes.length > limit) lines.push(`… ${bytes.length - limit} bytes more`);
  return lines.join('\n');
}

/** Bytes in base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Bytes of the payload on the wire. */
export function sizeOf(payload: Payload): number {
  return typeof payload === 'string' ? new TextEncoder().encode(payload).length : payload.length;
}

function parseContainer(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function fromHex(text: string): Encoded {
  const digits = text.replaceAll(/0x|[\s,]/gi, '');
  const wrong = /[^\da-f]/i.exec(digits)?.[0];
  if (wrong !== undefined) return { fault: `“${wrong}” is no hex digit.` };
  if (digits.length % 2 === 1) return { fault: 'Hex has two digits for each byte: one is missing.' };
  return { payload: Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) };
}

function fromBase64(text: string): Encoded {
  try {
    const plain = text.replaceAll(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/');
    return { payload: Uint8Array.from(atob(plain), (character) => character.charCodeAt(0)) };
  } catch {
    return { fault: 'This is not base64.' };
  }
}

function toHexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
