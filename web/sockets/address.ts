import { functionsOrigin, type Session } from '../api/session.ts';
import type { ClientDefinition } from './definitions.ts';

/** Where a client connects, or why it cannot. */
export type Address = { readonly url: string; readonly protocols: readonly string[] } | { readonly fault: string };

/** Puts together the URL and the subprotocols of a client. */
export function addressOf({ url, query, token, protocols }: ClientDefinition, session: Session): Address {
  const origin = functionsOrigin(session, 'ws');
  const base = `${origin}/`;
  const whole = /^wss?:\/\//i.test(url) ? url : base + url.replace(/^\/+/, '');
  if (!URL.canParse(whole)) return { fault: `“${whole}” is not a URL.` };
  const address = new URL(whole);
  address.hash = '';
  for (const { name, value } of query) if (name !== '') address.searchParams.append(name, value);
  if (token !== '') address.searchParams.append('token', token);
  if (address.host !== new URL(origin).host) {
    return {
      fault: `This page may only open sockets to the functions at ${origin}: the browser blocks ${address.origin} (Content-Security-Policy).`,
    };
  }
  const offered = protocols
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return { url: address.href, protocols: offered };
}
