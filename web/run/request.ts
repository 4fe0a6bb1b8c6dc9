import { newId } from '../state/id.ts';

/** A name and a value, which may be disabled. */
export interface Pair {
  readonly id: string;
  readonly on: boolean;
  readonly name: string;
  readonly value: string;
}

/** A part of a multipart body; a file's content is kept for as long as the page is open. */
export interface Part extends Pair {
  readonly kind: 'text' | 'file';
}

export const bodyKinds = { none: 'None', json: 'JSON', text: 'Text', form: 'Form', multipart: 'Multipart' } as const;

export type BodyKind = keyof typeof bodyKinds;

/** What somebody has put together for a function. */
export interface RequestDraft {
  readonly method: string;
  readonly params: readonly Pair[];
  readonly headers: readonly Pair[];
  /** Shown to the function as `Authorization: Bearer …`; empty for none. */
  readonly token: string;
  readonly bodyKind: BodyKind;
  readonly json: string;
  readonly text: string;
  readonly form: readonly Pair[];
  readonly parts: readonly Part[];
}

/** A request with nothing in it. */
export const emptyRequest: RequestDraft = {
  method: '',
  params: [],
  headers: [],
  token: '',
  bodyKind: 'none',
  json: '',
  text: '',
  form: [],
  parts: [],
};

/** A row with nothing in it. */
export function newPair(): Pair {
  return { id: newId(), on: true, name: '', value: '' };
}

/** The rows that count. */
export function usedPairs<P extends Pair>(pairs: readonly P[]): readonly P[] {
  return pairs.filter(({ on, name }) => on && name !== '');
}

/** Rows as text: one a line, `name: value`, those that are off behind `#`. */
export function pairsToText(pairs: readonly Pair[]): string {
  return pairs.map(({ on, name, value }) => `${on ? '' : '# '}${name}: ${value}`).join('\n');
}

/** Rows of a text as `pairsToText()` writes it; a line without a colon is a name. */
export function textToPairs(text: string): readonly Pair[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, off, name = '', value = ''] = /^\s*(#?)\s*([^:]*?)\s*(?::\s?(.*))?$/.exec(line) ?? [];
      return { ...newPair(), on: off !== '#', name, value };
    });
}

/** The query string, without a question mark. */
export function queryOf(request: RequestDraft): string {
  return new URLSearchParams(usedPairs(request.params).map(({ name, value }) => [name, value])).toString();
}

/** Whether the method carries a body by what servers and clients expect. */
export function takesBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Why the text is no JSON; undefined when it is, or is empty. */
export function jsonFault(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What was kept, as far as it is a request. */
export function readRequest(kept: unknown): RequestDraft {
  if (typeof kept !== 'object' || kept === null) return emptyRequest;
  const given: Partial<Record<keyof RequestDraft, unknown>> = kept;
  return {
    method: asText(given.method),
    params: readPairs(given.params),
    headers: readPairs(given.headers),
    token: asText(given.token),
    bodyKind: isBodyKind(given.bodyKind) ? given.bodyKind : 'none',
    json: asText(given.json),
    text: asText(given.text),
    form: readPairs(given.form),
    parts: readParts(given.parts),
  };
}

/** Whether it names a kind of body. */
export function isBodyKind(kind: unknown): kind is BodyKind {
  return typeof kind === 'string' && Object.hasOwn(bodyKinds, kind);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readPairs(kept: unknown): readonly Pair[] {
  return readParts(kept).map(({ id, on, name, value }) => ({ id, on, name, value }));
}

function readParts(kept: unknown): readonly Part[] {
  if (!Array.isArray(kept)) return [];
  const list: readonly unknown[] = kept;
  return list.flatMap((row) => {
    if (typeof row !== 'object' || row === null) return [];
    const { on = true, name = '', value = '', kind = 'text' }: Partial<Record<keyof Part, unknown>> = row;
    return [{ id: newId(), on: on !== false, name: String(name), value: String(value), kind: kind === 'file' ? 'file' : 'text' }];
  });
}
