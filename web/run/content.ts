import type { RunResult } from '../api/queries.ts';

/** A response, with what is needed to show it. */
export interface Content {
  readonly kind: 'empty' | 'json' | 'html' | 'image' | 'text' | 'binary';
  /** Without parameters, in lower case. */
  readonly type: string;
  /** The body as text; empty for bytes. */
  readonly text: string;
  /** Bytes of the body. */
  readonly size: number;
}

/** Beyond it a body is shown as it came: to draw it would take too long. */
const prettyLimit = 500_000;

/** Says what a response's body is. */
export function contentOf({ headers, body, encoding }: RunResult['response']): Content {
  const header = headers['content-type'];
  const type = (typeof header === 'string' ? header : '').split(';')[0]?.trim().toLowerCase() ?? '';
  const size = encoding === 'base64' ? bytesOf(body).length : new TextEncoder().encode(body).length;
  if (size === 0) return { kind: 'empty', type, text: '', size };
  if (type.startsWith('image/') && type !== 'image/svg+xml')
    return { kind: encoding === 'base64' ? 'image' : 'text', type, text: '', size };
  if (encoding === 'base64') return { kind: 'binary', type, text: '', size };
  const pretty = /[/+]json$/.test(type) || type === '' ? prettyJson(body) : undefined;
  if (pretty !== undefined) return { kind: 'json', type, text: pretty, size };
  return { kind: type === 'text/html' ? 'html' : 'text', type, text: body, size };
}

/** The bytes that a base64 text stands for. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function prettyJson(body: string): string | undefined {
  if (body.length > prettyLimit) return undefined;
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return undefined;
  }
}
