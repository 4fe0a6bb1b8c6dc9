import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { plainAddress } from '../../net/address.ts';

export interface Peer {
  readonly address: string;
  /** Whether it came by TLS, which a proxy has ended. */
  readonly secure: boolean;
}

/** Tells who sent a request; the headers of a proxy count only when it has one of the trusted addresses. */
export function createPeers(trusted: readonly string[]): (request: IncomingMessage) => Peer {
  const proxies = new Set(trusted.map(plainAddress));
  return ({ socket, headers }) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!proxies.has(address)) return { address, secure: false };
    const secure = lastOf(headers['x-forwarded-proto']).toLowerCase() === 'https';
    // The last one is what the proxy has seen; those before it are what it was told.
    const forwarded = plainAddress(lastOf(headers['x-forwarded-for']));
    return { address: isIP(forwarded) > 0 ? forwarded : address, secure };
  };
}

function lastOf(header: string | readonly string[] | undefined): string {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text.slice(text.lastIndexOf(',') + 1).trim();
}
