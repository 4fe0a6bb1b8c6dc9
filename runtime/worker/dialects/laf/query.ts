import { application } from '../../triggers/http/express.ts';

/** The query of a URL, nested and repeated parameters in the form that Express gives them; the same over HTTP and WebSocket. */
export function parseQuery(url: string): Record<string, unknown> {
  const start = url.indexOf('?');
  return start === -1 ? {} : parse(url.slice(start + 1));
}

const parse = parserOf(application.get('query parser fn'));

function parserOf(setting: unknown): (query: string) => Record<string, unknown> {
  if (typeof setting !== 'function') throw new TypeError('Express has no query parser.');
  return (query) => setting(query);
}
