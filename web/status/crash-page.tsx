import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../api/client.ts';
import { Badge, CopyButton, Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { useTitle } from '../ui/title.ts';
import { bytesText, clockText, durationText, fullText } from '../ui/time.tsx';
import { Card, Fact, Facts } from './facts.tsx';
import { Counters } from './host-cards.tsx';
import { FrameLink, PlaceLink } from './place-link.tsx';
import { type Crash, crashQuery } from './queries.ts';
import { causeNames, causeTexts, endText, sentence } from './words.ts';
import './status.css';

/** Why a worker was lost. */
export default function CrashPage({ id }: { readonly id: string }): ReactNode {
  const { data, error } = useQuery(crashQuery(id));
  useTitle('Crash report');
  return (
    <div className="column">
      <div className="toolbar">
        <Link href="/status" className="row">
          <ArrowLeft size={14} aria-hidden /> Status
        </Link>
        <h1 className="clip">Crash report</h1>
        <span className="grow" />
        {data && <CopyButton text={() => JSON.stringify(data, null, 2)} label="Copy the report as JSON" />}
      </div>
      {data ? <Report crash={data} /> : error ? <Missing error={error} /> : <Empty title="" actions={<Spinner />} />}
    </div>
  );
}

function Missing({ error }: { readonly error: unknown }): ReactNode {
  const gone = error instanceof ApiError && error.code === 'CRASH_NOT_FOUND';
  if (!gone) return <Empty title="The report could not be read" actions={<ErrorNote error={error} />} />;
  return (
    <Empty title="Crash report not found" actions={<Link href="/status">Go to status</Link>}>
      Only the latest 50 reports are kept.
    </Empty>
  );
}

function Report({ crash }: { readonly crash: Crash }): ReactNode {
  const { at, pid, cause, message, place, quarantined, servedMs, stack, suspects, logs } = crash;
  return (
    <div className="scroll status-page" tabIndex={0} role="region" aria-label="Crash report">
      <Card title={sentence(message)} extra={<Badge tone="bad">{causeNames[cause]}</Badge>}>
        <p className="status-words">{causeTexts[cause]}</p>
        <Facts>
          <Fact name="Where">{place ? <PlaceLink place={place} /> : 'not known'}</Fact>
          <Fact name="When">
            <time dateTime={new Date(at).toISOString()}>{fullText(at)}</time>
          </Fact>
          <Fact name="Uptime">{durationText(servedMs)}</Fact>
          <Fact name="Process">
            {pid ?? '–'}, {endText(crash)}
          </Fact>
          <Fact name="Function disabled">{quarantined ? 'Yes' : 'No'}</Fact>
        </Facts>
      </Card>
      {stack.length > 0 && (
        <Card title="Stack" extra={<span className="muted">innermost first</span>}>
          <ol className="status-stack">
            {stack.map((frame, depth) => (
              <li key={depth}>
                <FrameLink frame={frame} />
              </li>
            ))}
          </ol>
        </Card>
      )}
      {suspects.length > 0 && <Suspects suspects={suspects} />}
      {logs.length > 0 && <LastLines logs={logs} />}
      <Numbers metrics={crash.metrics} />
    </div>
  );
}

function Suspects({ suspects }: Pick<Crash, 'suspects'>): ReactNode {
  const most = Math.max(...suspects.map(({ bytes }) => bytes), 1);
  return (
    <Card title="Memory by function" extra={<span className="muted">by samples of what was allocated</span>}>
      <ul className="status-suspects">
        {suspects.map(({ function: name, revision, bytes }) => (
          <li key={`${name}@${revision}`}>
            <PlaceLink place={{ function: name, revision }} />
            <span className="numeric">{bytesText(bytes)}</span>
            <span className="bar" aria-hidden>
              <span style={{ width: `${(bytes / most) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const tones = { debug: 'plain', info: 'info', warn: 'warn', error: 'bad' } as const;

function LastLines({ logs }: Pick<Crash, 'logs'>): ReactNode {
  return (
    <Card title="Last log lines before the crash">
      <ol className="status-lines">
        {logs.map(({ time, level, message, function: name, line }, at) => (
          <li key={at}>
            <span className="muted numeric">{clockText(time)}</span> <Badge tone={toneOf(level)}>{level}</Badge>{' '}
            {name !== undefined && <FrameLink frame={line === undefined ? name : `${name}:${line}`} />}{' '}
            <span className="mono">{message}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function toneOf(level: string): (typeof tones)[keyof typeof tones] {
  return level === 'debug' || level === 'info' || level === 'warn' || level === 'error' ? tones[level] : 'plain';
}

function Numbers({ metrics }: Pick<Crash, 'metrics'>): ReactNode {
  if (!metrics) return <p className="muted">The worker had not reported any metrics yet.</p>;
  const { memory, eventLoopDelay } = metrics;
  return (
    <Card title="Last metrics">
      <Facts>
        <Fact name="Memory">{bytesText(memory.rss)}</Fact>
        <Fact name="Heap used / held">
          {bytesText(memory.heapUsed)} / {bytesText(memory.heapTotal)}
        </Fact>
        <Fact name="Buffers">{bytesText(memory.external)}</Fact>
        <Fact name="Event-loop delay, mean">{eventLoopDelay.mean.toFixed(1)} ms</Fact>
        <Fact name="99 % / max">
          {eventLoopDelay.p99.toFixed(0)} / {eventLoopDelay.max.toFixed(0)} ms
        </Fact>
        <Counters counters={metrics} />
      </Facts>
    </Card>
  );
}
