import { Activity, Cable, Code, Flame, ScrollText, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import type { Session } from '../api/session.ts';
import { useCommand } from '../state/commands.ts';
import { Empty, Spinner } from '../ui/feedback.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { AccountMenu } from './account-menu.tsx';
import { FunctionDialogs } from '../functions/function-dialogs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { focusPane } from './panes.ts';
import { Palette } from './palette.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { useShortcuts } from './shortcuts.ts';
import { StatusBar } from './status-bar.tsx';
import { SessionContext } from '../state/session.ts';
import { Workbench } from './workbench.tsx';

const SocketsPage = lazy(() => import('../sockets/sockets-page.tsx'));
const LogsPage = lazy(() => import('../logs/logs-page.tsx'));
const StatusPage = lazy(() => import('../status/status-page.tsx'));
const CrashPage = lazy(() => import('../status/crash-page.tsx'));
const HistoryPage = lazy(() => import('../history/history-page.tsx'));
const RecycleBin = lazy(() => import('../functions/recycle-bin.tsx'));

const places = [
  { href: '/f', label: 'Functions', icon: Code, keys: 'Alt+1', group: 'Functions' },
  { href: '/sockets', label: 'Sockets', icon: Cable, keys: 'Alt+2', group: 'Sockets' },
  { href: '/logs', label: 'Logs', icon: ScrollText, keys: 'Alt+3', group: 'Logs' },
  { href: '/status', label: 'Status', icon: Activity, keys: 'Alt+4', group: 'View' },
  { href: '/bin', label: 'Recycle bin', icon: Trash2, keys: 'Alt+5', group: 'Functions' },
] as const;

/** The signed-in console: navigation at the side, one page, and the status bar below. */
export function Shell({ session }: { readonly session: Session }): ReactNode {
  useShortcuts();
  useCommand({ id: 'view.next-pane', title: 'Focus next pane', group: 'View', keys: 'F6', run: () => focusPane(1) });
  useCommand({ id: 'view.last-pane', title: 'Focus previous pane', group: 'View', keys: 'Shift+F6', run: () => focusPane(-1) });
  return (
    <SessionContext value={session}>
      <div className="shell">
        <nav className="places" aria-label="Places">
          <Flame className="brand" aria-hidden />
          {places.map((place) => (
            <Place key={place.href} {...place} />
          ))}
          <span className="grow" />
          <AccountMenu />
        </nav>
        <main className="place">
          <ErrorBoundary>
            <Suspense fallback={<Empty title="" actions={<Spinner />} />}>
              <Pages />
            </Suspense>
          </ErrorBoundary>
        </main>
        <StatusBar />
      </div>
      <Palette />
      <FunctionDialogs />
      <ShortcutSheet />
    </SessionContext>
  );
}

function Pages(): ReactNode {
  return (
    <Switch>
      <Route path="/f/:name/r/:revision?">
        {({ name, revision }) => <HistoryPage name={decode(name)} revision={Number(revision ?? 0)} />}
      </Route>
      <Route path="/f/:name?">{({ name }) => <Workbench name={name === undefined ? undefined : decode(name)} />}</Route>
      <Route path="/sockets">
        <SocketsPage />
      </Route>
      <Route path="/logs">
        <LogsPage />
      </Route>
      <Route path="/status">
        <StatusPage />
      </Route>
      <Route path="/status/crashes/:id">{({ id }) => <CrashPage id={id} />}</Route>
      <Route path="/bin">
        <RecycleBin />
      </Route>
      <Route path="/">
        <Redirect to="/f" replace />
      </Route>
      <Route>
        <Empty title="Page not found" actions={<Link href="/f">Go to functions</Link>}>
          This address does not match any page of the console.
        </Empty>
      </Route>
    </Switch>
  );
}

/** wouter decodes a segment once, and leaves a malformed one as it is. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function Place({ href, label, icon: Icon, keys, group }: (typeof places)[number]): ReactNode {
  const [location, navigate] = useLocation();
  useCommand({ id: `go${href}`, title: `Go to ${label}`, group, keys, run: () => navigate(href) });
  const current = location === href || location.startsWith(`${href}/`);
  return (
    <Tooltip text={label} keys={keys}>
      <Link href={href} className="place-link" aria-label={label} aria-current={current ? 'page' : undefined}>
        <Icon size={20} aria-hidden />
        <span className="place-name">{label}</span>
      </Link>
    </Tooltip>
  );
}
