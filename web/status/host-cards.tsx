import type { ReactNode } from 'react';
import type { Status } from '../api/queries.ts';
import { CopyButton, Badge } from '../ui/feedback.tsx';
import { bytesText, durationText, fullText } from '../ui/time.tsx';
import { Card, Fact, Facts } from './facts.tsx';
import { countText } from './words.ts';

const stores = { sqlite: 'SQLite', mongodb: 'MongoDB' } as const;

/** What is served, from where, and since when. */
export function HostCard({ status }: { readonly status: Status }): ReactNode {
  const { version, appId, startedAt, uptimeMs, functions, store } = status;
  return (
    <Card title="Host">
      <Facts>
        <Fact name="Version">{version}</Fact>
        <Fact name="App">
          <span className="row status-app">
            <code className="clip">{appId}</code>
            <CopyButton text={appId} label="Copy the app ID" />
          </span>
        </Fact>
        <Fact name="Up">
          <time dateTime={startedAt} title={`Since ${fullText(startedAt)}`}>
            {durationText(uptimeMs)}
          </time>
        </Fact>
        <Fact name="Functions">{countText(functions)}</Fact>
        <Fact name="Store">
          {stores[store.kind]} <Badge tone={store.available ? 'good' : 'bad'}>{store.available ? 'reachable' : 'away'}</Badge>
        </Fact>
      </Facts>
    </Card>
  );
}

/** What the worker has counted since it started. */
export function CountersCard({ counters }: { readonly counters: Status['counters'] }): ReactNode {
  if (!counters) {
    return (
      <Card title="Counters">
        <p className="muted">The worker has not reported yet.</p>
      </Card>
    );
  }
  return (
    <Card title="Counters" extra={<span className="muted">since the worker started</span>}>
      <Facts>
        <Counters counters={counters} />
      </Facts>
    </Card>
  );
}

/** Counters by the names that people read, as facts. */
export function Counters({ counters }: { readonly counters: NonNullable<Status['counters']> }): ReactNode {
  const { requests, requestErrors, requestsActive, requestsQueued, refused, timeouts, stopped } = counters;
  const { connections, connectionsTotal, messagesReceived, messagesSent, buffered, logLinesDropped } = counters;
  return (
    <>
      <Fact name="Requests">{countText(requests)}</Fact>
      <Fact name="Failed">{countText(requestErrors)}</Fact>
      <Fact name="Running / waiting">
        {countText(requestsActive)} / {countText(requestsQueued)}
      </Fact>
      <Fact name="Sockets open / total">
        {countText(connections)} / {countText(connectionsTotal)}
      </Fact>
      <Fact name="Messages in / out">
        {countText(messagesReceived)} / {countText(messagesSent)}
      </Fact>
      <Fact name="Send buffer">{bytesText(buffered)}</Fact>
      <Fact name="Refused">{countText(refused)}</Fact>
      <Fact name="Timed out">{countText(timeouts)}</Fact>
      <Fact name="Calls stopped">{countText(stopped)}</Fact>
      <Fact name="Log lines dropped">{countText(logLinesDropped)}</Fact>
    </>
  );
}
