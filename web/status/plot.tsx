import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { linearScale, logScale, nearest, type Scale } from './scale.ts';

/** A line of a plot. */
export interface Series {
  readonly label: string;
  /** As many as there are times; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

/** The part of time that is shown, in milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface PlotProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly span: Span;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly log?: boolean;
  /** The time that is pointed at, in any of the plots. */
  readonly cursor: number | undefined;
  readonly onCursor: (time: number | undefined) => void;
}

const height = 132;
const edge = { left: 58, right: 8, top: 8, bottom: 20 };
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** Values over time as lines, with the values at the cursor, or the newest, in its legend. */
export function Plot(props: PlotProps): ReactNode {
  const { title, times, span, series, format, log = false, cursor, onCursor } = props;
  const [frame, width] = useWidth();
  const scale = useMemo(() => {
    const max = Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
    return log ? logScale(max) : linearScale(max);
  }, [series, log]);
  const inner = Math.max(1, width - edge.left - edge.right);
  const x = (time: number): number => edge.left + ((time - span.from) / (span.to - span.from)) * inner;
  const at = cursor === undefined ? times.length - 1 : nearest(times, cursor);
  const text = series.map(({ label, values }) => `${label} ${valueText(values[at], format)}`).join(', ');
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    onCursor(times[nearest(times, span.from + (left / inner) * (span.to - span.from))]);
  };
  return (
    <figure className="status-plot">
      <figcaption>
        <h3>{title}</h3>
        <Legend {...props} at={at} />
      </figcaption>
      <div className="status-plot-frame" ref={frame}>
        <svg role="img" aria-label={summary(props)} width={width} height={height}>
          <Axes scale={scale} format={format} width={width} span={span} />
          {series.map(({ label, values }, index) => (
            <path key={label} className={`line line-${index}`} d={lineOf(times, values, { x, y: (value) => heightOf(scale, value) })} />
          ))}
          {cursor !== undefined && at >= 0 && (
            <line className="cursor" x1={x(times[at] ?? 0)} x2={x(times[at] ?? 0)} y1={edge.top} y2={height - edge.bottom} />
          )}
        </svg>
        <div
          className="status-plot-cursor"
          role="slider"
          tabIndex={0}
          aria-label={`${title}: moment`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, times.length - 1)}
          aria-valuenow={Math.max(0, at)}
          aria-valuetext={at < 0 ? 'No data yet' : `${clock.format(times[at])}: ${text}`}
          onPointerMove={move}
          onPointerDown={move}
          onPointerLeave={() => onCursor(undefined)}
          onBlur={() => onCursor(undefined)}
          onKeyDown={(event) => {
            const next = keyTarget(event, at, times.length);
            if (next === undefined) return;
            event.preventDefault();
            onCursor(times[next]);
          }}
        />
      </div>
    </figure>
  );
}

function Legend({ series, times, format, cursor, at }: PlotProps & { readonly at: number }): ReactNode {
  return (
    <p className="status-legend">
      {series.map(({ label, values }, index) => (
        <span key={label}>
          <svg width={18} height={8} aria-hidden>
            <path className={`line line-${index}`} d="M0 4H18" />
          </svg>
          {label} <b className="numeric">{valueText(values[at], format)}</b>
        </span>
      ))}
      {cursor !== undefined && at >= 0 && <span className="muted numeric">at {clock.format(times[at])}</span>}
    </p>
  );
}

interface AxesProps extends Pick<PlotProps, 'format' | 'span'> {
  readonly scale: Scale;
  readonly width: number;
}

function Axes({ scale, format, width, span: { from, to } }: AxesProps): ReactNode {
  const middle = (from + to) / 2;
  const right = width - edge.right;
  return (
    <g className="axes">
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line x1={edge.left} x2={right} y1={heightOf(scale, tick)} y2={heightOf(scale, tick)} />
          <text x={edge.left - 6} y={heightOf(scale, tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      <text x={edge.left} y={height - 5}>
        {clock.format(from)}
      </text>
      <text x={(edge.left + right) / 2} y={height - 5} textAnchor="middle">
        {clock.format(middle)}
      </text>
      <text x={right} y={height - 5} textAnchor="end">
        {clock.format(to)}
      </text>
    </g>
  );
}

function heightOf(scale: Scale, value: number): number {
  return height - edge.bottom - scale.at(value) * (height - edge.top - edge.bottom);
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** A point that has no neighbour is drawn as well: a line of no length with round ends. */
function lineOf(times: readonly number[], values: Series['values'], { x, y }: Record<'x' | 'y', (value: number) => number>): string {
  const steps: string[] = [];
  let drawn = false;
  for (const [at, value] of values.entries()) {
    if (value !== null) {
      const point = `${x(times[at] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;
      steps.push(drawn ? `L${point}` : `M${point}h0`);
    }
    drawn = value !== null;
  }
  return steps.join('');
}

function keyTarget({ key }: KeyboardEvent, at: number, count: number): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at - 1,
    ArrowUp: at + 1,
    PageDown: at - 15,
    PageUp: at + 15,
    Home: 0,
    End: count - 1,
  };
  const target = targets[key];
  return target === undefined ? undefined : Math.min(count - 1, Math.max(0, target));
}

/** What the lines say, for those who do not see them. */
function summary({ title, series, format }: PlotProps): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${label} not known`;
    return `${label} between ${format(Math.min(...known))} and ${format(Math.max(...known))}, now ${valueText(values.at(-1), format)}`;
  });
  return `${title}: ${parts.join('; ')}.`;
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(400);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [frame, width];
}
