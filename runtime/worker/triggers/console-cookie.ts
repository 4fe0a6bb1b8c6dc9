import type { IncomingMessage } from 'node:http';

const prefix = 'hearth_console';

/**
 * Takes the console's cookie out of a request, so that no function sees it or logs it. Browsers send
 * cookies to every port of a host; this one is bound to paths below `/_/`, where few functions are.
 */
export function dropConsoleCookie(request: IncomingMessage): void {
  const { url, headers, rawHeaders } = request;
  // Looked at first, since it is almost never so. A URL that begins otherwise comes from a proxy, as a whole one.
  if (url?.startsWith('/') && !url.startsWith('/_/')) return;
  if (headers.cookie === undefined || !headers.cookie.includes(prefix)) return;
  headers.cookie = withoutIt(headers.cookie);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === 'cookie') rawHeaders[at + 1] = withoutIt(rawHeaders[at + 1] ?? '');
  }
}

function withoutIt(cookies: string): string {
  return cookies
    .split(';')
    .filter((cookie) => !cookie.trimStart().startsWith(prefix))
    .join(';')
    .trimStart();
}
