import type { ReactNode } from 'react';
import { Badge } from '../ui/feedback.tsx';
import type { LogLines } from './use-log-lines.ts';

const count = new Intl.NumberFormat('en');

/** How many lines there are, and whether more come. */
export function LogState({ log }: { readonly log: LogLines }): ReactNode {
  const { lines, state } = log;
  return (
    <>
      <span className="muted numeric logs-count">
        {count.format(lines.length)} {lines.length === 1 ? 'line' : 'lines'}
      </span>
      {state === 'open' ? <Badge tone="good">Live</Badge> : <Badge tone="warn">{state === 'lost' ? 'Reconnecting…' : 'Connecting…'}</Badge>}
    </>
  );
}
