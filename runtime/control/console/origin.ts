import type { IncomingMessage } from 'node:http';
import { HearthError } from '../../kernel/errors.ts';
import type { Peer } from './peer.ts';

const hostShape = /^(\[[\da-f:.]{2,45}\]|[\w.-]{1,253})(?::(\d{1,5}))?$/i;

/** The name or address under which the browser has the console; undefined when the `Host` header is no such thing. */
export function hostnameOf(request: IncomingMessage): string | undefined {
  const [, hostname] = hostShape.exec(request.headers.host ?? '') ?? [];
  return hostname?.toLowerCase();
}

/** The port at which the browser has the console; undefined when the `Host` header names none. */
export function portOf(request: IncomingMessage): string | undefined {
  return hostShape.exec(request.headers.host ?? '')?.[2];
}

/**
 * Throws `ORIGIN_REFUSED` unless the request can be of the console's own page. Cookies do not know
 * ports, and a site is all ports of a host: so `SameSite` does not keep out pages that functions serve.
 */
export function checkOrigin(request: IncomingMessage, { secure }: Pick<Peer, 'secure'>): void {
  const { origin, host = '', 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new HearthError('ORIGIN_REFUSED');
  if (origin === undefined) return;
  const own = host.toLowerCase();
  // Behind a proxy that is not trusted nobody can tell which of the two it is.
  const allowed = secure ? [`https://${own}`] : [`http://${own}`, `https://${own}`];
  if (!hostShape.test(host) || !allowed.includes(origin.toLowerCase())) throw new HearthError('ORIGIN_REFUSED');
}
