import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { ErrorNote } from '../ui/feedback.tsx';
import { bytesText } from '../ui/time.tsx';
import { Plot, type Series } from './plot.tsx';
import { historyQuery, type Sample, type StatusHistory } from './queries.ts';

const ranges = [5, 15, 30] as const;

/** How the host has been in the last minutes. */
export function Plots(): ReactNode {
  const { data, error } = useQuery(historyQuery());
  const [minutes, setMinutes] = useState<number>(ranges[0]);
  return (
    <section className="status-section" aria-labelledby="status-activity">
      <div className="row">
        <h2 id="status-activity" className="grow">
          Recent activity
        </h2>
        <label className="row">
          Show
          <select className="input" value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
            {ranges.map((range) => (
              <option key={range} value={range}>
                {range} minutes
              </option>
            ))}
          </select>
        </label>
      </div>
      {error && !data && <ErrorNote error={error} />}
      {data && data.samples.length === 0 && <p className="muted">The first data arrives in a few seconds.</p>}
      {data && data.samples.length > 0 && <PlotGrid history={data} minutes={minutes} />}
    </section>
  );
}

interface PlotGridProps {
  readonly history: StatusHistory;
  readonly minutes: number;
}

function PlotGrid({ history, minutes }: PlotGridProps): ReactNode {
  const [cursor, setCursor] = useState<number>();
  const { times, span, plots } = useMemo(() => plotsOf(history, minutes), [history, minutes]);
  return (
    <div className="status-plots">
      {plots.map((plot) => (
        <Plot key={plot.title} {...plot} times={times} span={span} cursor={cursor} onCursor={setCursor} />
      ))}
    </div>
  );
}

interface PlotOf {
  readonly title: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly log?: boolean;
}

function plotsOf({ intervalMs, samples: all }: StatusHistory, minutes: number) {
  const to = all.at(-1)?.time ?? 0;
  // While little is known, that little fills the plot.
  const from = Math.max(to - minutes * 60_000, Math.min(all[0]?.time ?? to, to - 60_000));
  const samples = all.filter(({ time }) => time >= from);
  const line = (label: string, pick: (sample: Sample) => number | null): Series => ({ label, values: samples.map(pick) });
  const perSecond = (count: number): number => (count * 1_000) / intervalMs;
  const plots: readonly PlotOf[] = [
    {
      title: 'Memory',
      format: memoryText,
      series: [
        line('Worker', ({ rssWorker }) => rssWorker),
        line('Worker heap', ({ heapWorker }) => heapWorker),
        line('Control', ({ rssControl }) => rssControl),
      ],
    },
    {
      title: 'Event-loop delay of the worker',
      format: delayText,
      log: true,
      series: [line('Max', ({ loopMax }) => loopMax), line('99 %', ({ loopP99 }) => loopP99), line('Mean', ({ loopMean }) => loopMean)],
    },
    {
      title: 'Requests and messages a second',
      format: rateText,
      series: [
        line('Requests', ({ requests }) => perSecond(requests)),
        line('Messages', ({ messagesReceived, messagesSent }) => perSecond(messagesReceived + messagesSent)),
        line('Failed requests', ({ requestErrors }) => perSecond(requestErrors)),
      ],
    },
    { title: 'Open sockets', format: rateText, series: [line('Sockets', ({ connections }) => connections)] },
  ];
  return { times: samples.map(({ time }) => time), span: { from, to }, plots };
}

function memoryText(bytes: number): string {
  return bytes === 0 ? '0' : bytes < 1e6 ? bytesText(bytes) : `${Math.round(bytes / 1e6)} MB`;
}

function delayText(milliseconds: number): string {
  return milliseconds >= 1_000
    ? `${Number((milliseconds / 1_000).toFixed(1))} s`
    : `${Number(milliseconds.toFixed(milliseconds < 10 ? 1 : 0))} ms`;
}

function rateText(rate: number): string {
  return rate >= 10_000 ? `${Math.round(rate / 1_000)} k` : String(Number(rate.toFixed(rate < 10 ? 1 : 0)));
}
