import { ask, command } from './client.ts';

/** Who serves this page, and where its functions are. */
export interface Session {
  readonly version: string;
  /** The origin of functions where the host was told it; null: this page's host name with `functionsPort`. */
  readonly functionsUrl: string | null;
  readonly functionsPort: number;
}

/** Rejects with an `ApiError` of status 401 when nobody is signed in. */
export async function readSession(): Promise<Session> {
  return ask('/_/session');
}

/** Signs in by the admin token or by the code of a link. */
export async function signIn(proof: { readonly token: string } | { readonly code: string }): Promise<void> {
  await command('POST', '/_/session', { body: proof });
}

/** Ends the session, here and on the host. */
export async function signOut(): Promise<void> {
  await command('DELETE', '/_/session');
}

/** Where functions are called from this browser, with `http` or `ws`. */
export function functionsOrigin(session: Session, scheme: 'http' | 'ws'): string {
  if (session.functionsUrl !== null) return session.functionsUrl.replace('http', scheme);
  const secure = location.protocol === 'https:' ? 's' : '';
  return `${scheme}${secure}://${location.hostname}:${session.functionsPort}`;
}

/** Where a function is called from this browser. */
export function functionUrl(session: Session, name: string, scheme: 'http' | 'ws' = 'http'): string {
  return `${functionsOrigin(session, scheme)}/${name}`;
}
