import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { ApiError, type Diagnostic } from '../api/client.ts';
import type { LogRecord, RunResult } from '../api/queries.ts';
import { functionLink, logsLink } from '../state/links.ts';
import { Badge, Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { Keys } from '../ui/keys.tsx';
import { LevelBadge, LogText } from '../ui/log-text.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { bytesText, clockText } from '../ui/time.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { BodyView } from './body-view.tsx';
import { contentOf } from './content.ts';
import type { Run } from './run-store.ts';
import { statusText, statusTone } from './status-text.ts';

interface ResponseViewProps {
  readonly name: string;
  readonly run: Run | undefined;
}

/** What came of a run. */
export function ResponseView({ name, run }: ResponseViewProps): ReactNode {
  switch (run?.state) {
    case 'running':
      return (
        <Empty title="Running" actions={<Spinner label="Running" />}>
          Waiting for the function to respond.
        </Empty>
      );
    case 'cancelled':
      return <Empty title="Cancelled">ctx.signal tells the function. What it has already done is not undone.</Empty>;
    case 'failed':
      return <RunError name={name} error={run.error} />;
    case 'done':
      return <Done result={run.result} draft={run.draft} />;
    case undefined:
    default:
      return (
        <Empty title="No response yet">
          <Keys keys="Mod+Enter" /> runs the function, from the editor too.
        </Empty>
      );
  }
}

function Done({ result, draft }: { readonly result: RunResult; readonly draft: boolean }): ReactNode {
  const { response, logs, requestId, tookMs } = result;
  const [tab, setTab] = useState('body');
  const headers = Object.entries(response.headers);
  const tabs = [
    { id: 'body', label: 'Body', content: <BodyView response={response} /> },
    { id: 'headers', label: <Counted label="Headers" count={headers.length} />, content: <HeaderTable headers={headers} /> },
    { id: 'logs', label: <Counted label="Logs" count={logs.length} />, content: <RunLogs logs={logs} requestId={requestId} /> },
  ];
  return (
    <div className="column run-response">
      <div className="row run-summary" role="status" aria-label="Response">
        <Badge tone={statusTone(response.status)}>{statusText(response.status)}</Badge>
        <span className="numeric">{tookMs.toFixed(tookMs < 10 ? 1 : 0)} ms</span>
        <span className="numeric">{bytesText(contentOf(response).size)}</span>
        <span className="muted">{draft ? 'draft' : 'published'}</span>
        <span className="grow" />
        <Link href={logsLink({ requestId })} className="mono clip" title={`All log lines of request ${requestId}`}>
          {requestId}
        </Link>
      </div>
      <Tabs label="Response" value={tab} onChange={setTab} tabs={tabs} />
    </div>
  );
}

function Counted({ label, count }: { readonly label: string; readonly count: number }): ReactNode {
  return (
    <>
      {label}
      {count > 0 && <span className="badge">{count}</span>}
    </>
  );
}

type Header = readonly [string, string | readonly string[]];

function HeaderTable({ headers }: { readonly headers: readonly Header[] }): ReactNode {
  return (
    <ScrollRegion label="Headers of the response">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {headers.map(([name, value]) => (
            <tr key={name}>
              <td className="mono">{name}</td>
              <td className="mono run-value">{typeof value === 'string' ? value : value.join('\n')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

interface RunLogsProps {
  readonly logs: readonly LogRecord[];
  readonly requestId: string;
}

function RunLogs({ logs, requestId }: RunLogsProps): ReactNode {
  if (logs.length === 0) {
    return (
      <Empty title="No log output" actions={<Link href={logsLink({ requestId })}>Later lines</Link>}>
        The output of console.log() and errors appear here.
      </Empty>
    );
  }
  return (
    <ScrollRegion label="Log of the run">
      <ul className="run-logs">
        {logs.map((record, at) => (
          <RunLine key={at} record={record} />
        ))}
      </ul>
    </ScrollRegion>
  );
}

function RunLine({ record }: { readonly record: LogRecord }): ReactNode {
  const { time, level, message, function: name, line, column, stack } = record;
  return (
    <li>
      <div className="row">
        <span className="muted">{clockText(time)}</span>
        <LevelBadge level={level} />
        <span className="grow" />
        {name !== undefined && line !== undefined && (
          <Link href={functionLink(name, line, column)}>
            {name}.ts:{line}
          </Link>
        )}
      </div>
      <pre>
        <LogText
          text={stack === undefined || message.includes(stack) ? message : stack.startsWith(message) ? stack : `${message}\n${stack}`}
        />
      </pre>
    </li>
  );
}

function RunError({ name, error }: { readonly name: string; readonly error: unknown }): ReactNode {
  const diagnostics = error instanceof ApiError ? error.diagnostics : [];
  return (
    <ScrollRegion label="Why the run failed" className="run-pane">
      <ErrorNote error={error} />
      <ul className="run-diagnostics">
        {diagnostics.map((diagnostic) => (
          <DiagnosticLine key={`${diagnostic.line}:${diagnostic.column}:${diagnostic.message}`} name={name} diagnostic={diagnostic} />
        ))}
      </ul>
    </ScrollRegion>
  );
}

function DiagnosticLine({ name, diagnostic }: { readonly name: string; readonly diagnostic: Diagnostic }): ReactNode {
  const { line, column, message, lineText } = diagnostic;
  const place = diagnostic.function === '' ? name : diagnostic.function;
  return (
    <li>
      <Link href={functionLink(place, line, column)}>
        {place}.ts:{line}:{column}
      </Link>{' '}
      {message}
      {lineText !== '' && <pre>{lineText}</pre>}
    </li>
  );
}
