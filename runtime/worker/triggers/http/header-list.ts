import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';

// A flat list has each name before its value: the cheapest form in which Node takes headers.

/** The value of a header in a flat list. */
export function valueOf(headers: readonly string[], name: string): string | undefined {
  const at = placeOf(headers, name);
  return at < 0 ? undefined : headers[at + 1];
}

/** The index of a header's name in a flat list; -1 if it is not there. */
export function placeOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  return headers.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === wanted);
}

/** The headers of a flat list, their names in lower case. */
export function pairsOf(headers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < headers.length; at += 2) pairs.push([(headers[at] ?? '').toLowerCase(), headers[at + 1] ?? '']);
  return pairs;
}

/** Pairs of names and values as a flat list, since Node mistakes them for one when a response has headers already. Anything else stays. */
export function flatten<Headers>(headers: Headers): Headers | OutgoingHttpHeader[] {
  return Array.isArray(headers) && Array.isArray(headers[0]) ? headers.flat() : headers;
}

/** The names of headers in an object or a flat list. */
export function namesIn(headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | undefined): readonly string[] {
  if (headers === undefined) return [];
  return Array.isArray(headers) ? headers.filter((_, at) => at % 2 === 0).map(String) : Object.keys(headers);
}
