import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { LoggedRecord } from '../api/queries.ts';
import { functionLink, logsLink } from '../state/links.ts';
import { LevelBadge, LogText } from '../ui/log-text.tsx';
import { clockText, fullText } from '../ui/time.tsx';

interface LogRowProps {
  readonly record: LoggedRecord;
  readonly open: boolean;
  /** Whether it is the one that the keys move from: only its parts are reached by Tab. */
  readonly active: boolean;
  /** Called to open or close it. */
  readonly onToggle: (id: number) => void;
}

/** A line of the log: one row, and all that it says when it is open. */
export const LogRow = memo(function LogRow({ record, open, active, onToggle }: LogRowProps): ReactNode {
  const { id, time, level, message, function: name, line, column } = record;
  const focusable = active ? 0 : -1;
  const more = message.split('\n').length - 1;
  return (
    <>
      <button
        type="button"
        className="logs-time"
        tabIndex={focusable}
        aria-expanded={open}
        title={fullText(time)}
        onClick={() => onToggle(id)}
      >
        {clockText(time)}
      </button>
      <LevelBadge level={level} />
      <span className="logs-name clip">
        {name === undefined ? (
          <span className="muted">host</span>
        ) : (
          <Link href={functionLink(name, line, column)} tabIndex={focusable} title={line === undefined ? name : `${name}.ts:${line}`}>
            {name}
          </Link>
        )}
      </span>
      <span className="logs-message">
        <span className="logs-words">
          <LogText text={open ? message : inOneLine(message)} />
        </span>
        {more > 0 && !open && (
          <span className="logs-more">
            +{more} {more === 1 ? 'line' : 'lines'}
          </span>
        )}
      </span>
      <Origins record={record} focusable={focusable} />
      {open && <Details record={record} />}
    </>
  );
});

/** The request and the socket that a line belongs to, each a link to all of its lines. */
function Origins({ record, focusable }: { readonly record: LoggedRecord; readonly focusable: number }): ReactNode {
  const { requestId, connectionId } = record;
  return (
    <span className="logs-origins">
      {connectionId !== undefined && (
        <Link href={logsLink({ connectionId })} tabIndex={focusable} title={`All lines of socket ${connectionId}`}>
          <span className="visually-hidden">Socket </span>⇄{shorten(connectionId)}
        </Link>
      )}
      {requestId !== undefined && (
        <Link href={logsLink({ requestId })} tabIndex={focusable} title={`All lines of request ${requestId}`}>
          <span className="visually-hidden">Request </span>
          {requestId.startsWith(`${connectionId}/`) ? requestId.slice(requestId.lastIndexOf('/')) : shorten(requestId)}
        </Link>
      )}
    </span>
  );
}

function shorten(id: string): string {
  return id.length > 9 ? `${id.slice(0, 8)}…` : id;
}

/** What a closed row shows of a message: enough to fill it. */
function inOneLine(message: string): string {
  return message.includes('\n') || message.length > 1_000 ? message.slice(0, 1_000).replaceAll(/\s*\n\s*/g, ' ') : message;
}

function Details({ record }: { readonly record: LoggedRecord }): ReactNode {
  const { time, message, function: name, revision, line, column, requestId, connectionId, stack } = record;
  return (
    <div className="logs-details">
      {stack !== undefined && (
        <pre>
          <LogText text={stack.startsWith(`${message}\n`) ? stack.slice(message.length + 1) : stack} />
        </pre>
      )}
      <dl>
        <Detail term="Time">{fullText(time)}</Detail>
        {name !== undefined && (
          <Detail term="Place">
            <Link href={functionLink(name, line, column)}>{line === undefined ? `${name}.ts` : `${name}.ts:${line}:${column}`}</Link>
            {revision !== undefined && revision > 0 && ` of revision ${revision}`}
          </Detail>
        )}
        {requestId !== undefined && (
          <Detail term="Request">
            <Link href={logsLink({ requestId })}>{requestId}</Link>
          </Detail>
        )}
        {connectionId !== undefined && (
          <Detail term="Socket">
            <Link href={logsLink({ connectionId })}>{connectionId}</Link>
          </Detail>
        )}
      </dl>
    </div>
  );
}

function Detail({ term, children }: { readonly term: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
