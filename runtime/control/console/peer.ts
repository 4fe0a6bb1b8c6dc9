import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Who sent a request. */
export interface Peer {
  readonly address: string;
  /** Whether it came by TLS, which a proxy has ended. */
  readonly secure: boolean;
}

/** Tells who sent a request; the headers of a proxy count only when it has one of the trusted addresses. */
export function createPeers(trusted: readonly string[]): (request: IncomingMessage) => Peer {
  const proxies = new Set(trusted.map(toPlain));
  return ({ socket, headers }) => {
    const address = toPlain(socket.remoteAddress ?? '');
    if (!proxies.has(address)) return { address, secure: false };
    const secure = lastOf(headers['x-forwarded-proto']).toLowerCase() === 'https';
    // The last one is what the proxy has seen; those before it are what it was told.
    const forwarded = toPlain(lastOf(headers['x-forwarded-for']));
    return { address: isIP(forwarded) > 0 ? forwarded : address, secure };
  };
}

function lastOf(header: string | readonly string[] | undefined): string {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text.slice(text.lastIndexOf(',') + 1).trim();
}

/** The form in which an address that came over IPv6 is that of IPv4. */
function toPlain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
