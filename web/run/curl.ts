import { headersOf, textBody } from './payload.ts';
import { queryOf, type RequestDraft, takesBody, usedPairs } from './request.ts';

/** The request as a command for a shell, against the published function at `url`. */
export function toCurl(request: RequestDraft, url: string): string {
  const { method, bodyKind } = request;
  const query = queryOf(request);
  const parts = [
    `curl ${method === 'GET' ? '' : method === 'HEAD' ? '-I ' : `-X ${method} `}${quote(query === '' ? url : `${url}?${query}`)}`,
  ];
  for (const [name, value] of Object.entries(headersOf(request))) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (takesBody(method) && bodyKind === 'multipart') {
    for (const { kind, name, value } of usedPairs(request.parts)) {
      parts.push(kind === 'file' ? `-F ${quote(`${name}=@${value}`)}` : `--form-string ${quote(`${name}=${value}`)}`);
    }
  } else if (takesBody(method) && bodyKind !== 'none') {
    parts.push(`--data-raw ${quote(textBody(request))}`);
  }
  return parts.join(' \\\n  ');
}

/** One word for a shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
