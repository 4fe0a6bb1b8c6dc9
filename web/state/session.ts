import { createContext, useContext } from 'react';
import type { Session } from '../api/session.ts';

/** The session, for everything below the shell. */
export const SessionContext = createContext<Session | undefined>(undefined);

/** The session. Throws outside the shell. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('Nobody is signed in here.');
  return session;
}
