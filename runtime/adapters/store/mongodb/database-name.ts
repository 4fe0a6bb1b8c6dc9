/** The database in the path of a connection string; `hearth` where it names none. */
export function databaseOf(uri: string): string {
  const [, path = ''] = /^[^:]*:\/\/[^/?]*\/([^?]*)/.exec(uri) ?? [];
  if (path === '') return 'hearth';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
