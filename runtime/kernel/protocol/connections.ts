/** One open socket, as the connection table shows it. */
export interface ConnectionInfo {
  readonly id: string;
  /** What `ctx.user` is for this socket, if it can be written as JSON. */
  readonly user: unknown;
  readonly url: string;
  readonly remoteAddress: string;
  readonly since: number;
  /** Messages and bytes, by direction. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  /** Messages that wait for the handler. */
  readonly queued: number;
}

/** Which sockets somebody wants to see. */
export interface ConnectionsQuery {
  /** A part of the id, of the URL or of what `ctx.user` is as JSON, in any case. */
  readonly filter?: string;
  /** The oldest so many. */
  readonly limit: number;
}

export interface ConnectionsPage {
  readonly connections: readonly ConnectionInfo[];
  /** How many match, also beyond the limit. */
  readonly total: number;
}
