import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Tooltip } from 'radix-ui';
import { type ReactNode, useEffect } from 'react';
import { Toaster } from 'sonner';
import { ApiError, onSignedOut } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { isDark, useSettings } from '../state/settings.ts';
import { ErrorNote, Spinner } from '../ui/feedback.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import './app.css';

/** The console: the shell once signed in, else the sign-in page. */
export function App(): ReactNode {
  const theme = useSettings((state) => state.theme);
  return (
    <ErrorBoundary>
      <Tooltip.Provider>
        <Gate />
        <Toaster theme={isDark(theme) ? 'dark' : 'light'} position="bottom-right" closeButton richColors={false} />
      </Tooltip.Provider>
    </ErrorBoundary>
  );
}

function Gate(): ReactNode {
  const cache = useQueryClient();
  const session = useQuery(queries.session());
  useEffect(() => onSignedOut(() => void cache.resetQueries({ queryKey: ['session'] })), [cache]);
  if (session.data) return <Shell session={session.data} />;
  if (session.error instanceof ApiError && session.error.status === 401) return <SignIn />;
  return (
    <main className="sign-in">
      {session.error ? (
        <ErrorNote error={session.error} />
      ) : (
        <Spinner label={session.failureCount > 0 ? 'Waiting for the host' : 'Loading'} />
      )}
    </main>
  );
}
