import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Flame } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { signIn } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNote, Spinner } from '../ui/feedback.tsx';
import { useTitle } from '../ui/title.ts';

/** Signs in by the admin token, or by itself when the page was opened by a link with a code. */
export function SignIn(): ReactNode {
  const [token, setToken] = useState('');
  useTitle('Sign in');
  const cache = useQueryClient();
  const enter = useMutation({ mutationFn: signIn, onSuccess: () => cache.invalidateQueries({ queryKey: ['session'] }) });
  const { mutate } = enter;
  useEffect(() => {
    const enterByCode = (): void => {
      const code = takeCode();
      if (code !== undefined) mutate({ code });
    };
    enterByCode();
    // A link that is opened in the tab of this page changes nothing but the hash.
    addEventListener('hashchange', enterByCode);
    return () => removeEventListener('hashchange', enterByCode);
  }, [mutate]);
  return (
    <main className="sign-in">
      <form
        className="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ token: token.trim() });
        }}
      >
        <h1>
          <Flame aria-hidden /> Hearth
        </h1>
        <label className="field">
          <span>Admin token</span>
          <input
            className="input"
            type="password"
            name="token"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            aria-invalid={enter.isError}
            onChange={(event) => setToken(event.target.value)}
          />
          <span className="hint">The ADMIN_TOKEN the host was started with, or the one it printed at its first start.</span>
        </label>
        {enter.error && <ErrorNote error={enter.error} />}
        <Button kind="primary" type="submit" disabled={enter.isPending}>
          {enter.isPending ? <Spinner label="Signing in" /> : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}

/** The code of a link, which then is no longer in the address. */
function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined;
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return code;
}
