/** The page of a function, at a line if one is given. */
export function functionLink(name: string, line?: number, column?: number): string {
  const place = line === undefined ? '' : `#L${line}${column === undefined ? '' : `:${column}`}`;
  return `/f/${encodeName(name)}${place}`;
}

/** The page of a revision of a function, beside what is live. */
export function revisionLink(name: string, revision: number): string {
  return `/f/${encodeName(name)}/r/${revision}`;
}

/** The page of log lines that match. */
export function logsLink(filter: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filter).toString();
  return query === '' ? '/logs' : `/logs?${query}`;
}

// A name may hold slashes; as one segment it can be told from what follows.
function encodeName(name: string): string {
  return encodeURIComponent(name);
}

/** The place that the fragment of a link names. */
export function placeOf(hash: string): { readonly line: number; readonly column: number } | undefined {
  const match = /^#L(\d{1,7})(?::(\d{1,7}))?$/.exec(hash);
  return match ? { line: Number(match[1]), column: Number(match[2] ?? 1) } : undefined;
}
