import { queryOf, type RequestDraft, takesBody, usedPairs } from './request.ts';

/** A run's request, as the API takes it. */
export interface RunPayload {
  readonly method: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyEncoding?: 'utf8' | 'base64';
}

const types = { json: 'application/json', text: 'text/plain; charset=utf-8', form: 'application/x-www-form-urlencoded' } as const;

/** The headers that somebody has asked for, and those that the body and the token need. Names are in lower case. */
export function headersOf(request: RequestDraft): Record<string, string> {
  const headers: Record<string, string> = {};
  const { token, bodyKind, method } = request;
  if (token.trim() !== '') headers['authorization'] = `Bearer ${token.trim()}`;
  if (takesBody(method) && bodyKind !== 'none' && bodyKind !== 'multipart') headers['content-type'] = types[bodyKind];
  const given: Record<string, string> = {};
  for (const { name, value } of usedPairs(request.headers)) {
    const key = name.trim().toLowerCase();
    given[key] = given[key] === undefined ? value : `${given[key]}, ${value}`;
  }
  return { ...headers, ...given };
}

/** The body as text, for all kinds but multipart. */
export function textBody({ bodyKind, json, text, form }: RequestDraft): string {
  if (bodyKind === 'json') return json;
  if (bodyKind === 'text') return text;
  return bodyKind === 'form' ? new URLSearchParams(usedPairs(form).map(({ name, value }) => [name, value])).toString() : '';
}

/** What is sent. Rejects when a file cannot be read any more. */
export async function toPayload(request: RequestDraft, files: Readonly<Record<string, File>>): Promise<RunPayload> {
  const { method, bodyKind } = request;
  const headers = headersOf(request);
  const base = { method, query: queryOf(request), headers };
  if (bodyKind === 'none' || !takesBody(method)) return base;
  if (bodyKind !== 'multipart') return { ...base, body: textBody(request) };
  const form = new FormData();
  for (const part of usedPairs(request.parts)) {
    if (part.kind === 'text') form.append(part.name, part.value);
    else form.append(part.name, fileOf(part, files));
  }
  // The browser is the one who knows how such a body is written.
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type') ?? '';
  const body = await toBase64(await encoded.blob());
  return { ...base, headers: { ...headers, 'content-type': type }, body, bodyEncoding: 'base64' };
}

function fileOf({ id, name, value }: { id: string; name: string; value: string }, files: Readonly<Record<string, File>>): File {
  const file = files[id];
  if (file) return file;
  const which = value === '' ? '' : ` (it was ${value})`;
  throw new Error(`Choose the file of the part "${name}"${which}: a browser keeps none after a reload.`);
}

function toBase64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result.replace(/^[^,]*,/, '') : ''));
    reader.addEventListener('error', () => reject(new Error('A file can no longer be read. Choose it again.')));
    reader.readAsDataURL(blob);
  });
}
