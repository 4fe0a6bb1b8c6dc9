import type { Connection } from '../api/queries.ts';

/** What the connection table can be sorted by. */
export type SortKey = 'id' | 'user' | 'since' | 'received' | 'sent' | 'buffered' | 'remoteAddress' | 'url';

/** How it is sorted. */
export interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** The connections in that order; those that are alike stay as the host lists them. */
export function sortConnections(connections: readonly Connection[], { key, descending }: Order): readonly Connection[] {
  const sign = descending ? -1 : 1;
  return connections.toSorted((one, other) => sign * compare(valueOf(one, key), valueOf(other, key)));
}

/** Who the user is, in short: the id if there is one. */
export function userText(user: unknown): string {
  if (user === null || user === undefined) return '';
  if (typeof user === 'object' && 'id' in user && (typeof user.id === 'string' || typeof user.id === 'number')) return String(user.id);
  return typeof user === 'string' ? user : JSON.stringify(user);
}

function valueOf(connection: Connection, key: SortKey): string | number {
  return key === 'user' ? userText(connection.user) : connection[key];
}

function compare(one: string | number, other: string | number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
