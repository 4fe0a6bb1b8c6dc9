import { randomUUID } from 'node:crypto';

const requestIdShape = /^[\w.:/+=@-]{1,128}$/;
const absoluteForm = /^[a-z]+:\/\/[^/?#]*/i;

/** The id that the client gave, if it can stand in a header and a log line; else a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && requestIdShape.test(given) ? given : randomUUID();
}

/** The function name that a request's URL asks for; undefined when its percent encoding is wrong. */
export function requestedName(url: string): string | undefined {
  const target = url.startsWith('/') ? url : url.replace(absoluteForm, '');
  const end = target.indexOf('?');
  const name = target.slice(target.startsWith('/') ? 1 : 0, end === -1 ? undefined : end);
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
