import type { IncomingHttpHeaders } from 'node:http';

/** Who has opened a socket, and how. */
export interface Identity {
  readonly id: string;
  /** The URL that the socket was opened with, from the path on. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: Record<string, unknown>;
  /** The payload of a token, what the function named at the upgrade, or null. */
  readonly user: unknown;
}
