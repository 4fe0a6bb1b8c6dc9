/** One figure of a benchmark, with what it is meant to be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The lowest and the highest of which it is the median. */
  readonly spread?: readonly [number, number];
  /** The most that it should be. */
  readonly most?: number;
  /** The least that it should be. */
  readonly least?: number;
}

/** How much of a benchmark is run: `tiny` only shows that it works. */
export type Scale = 'full' | 'quick' | 'tiny';

/** The value at a quantile from 0 to 1 (nearest rank); NaN of nothing. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(at * sorted.length) - 1)] ?? NaN;
}

/** The figures as lines of a table, each target beside its figure. */
export function toTable(title: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.name, measured(figure), aimOf(figure), verdict(figure)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [first = 0, second = 0, third = 0] = widths;
  const lines = rows.map(([name = '', value = '', aim = '', met = '']) =>
    `  ${name.padEnd(first)}  ${value.padStart(second)}  ${aim.padEnd(third)}  ${met}`.trimEnd(),
  );
  return `${title}\n${lines.join('\n')}\n`;
}

function aimOf(figure: Figure): string {
  const aim = target(figure);
  return aim && `target ${aim}`;
}

/** The value with its spread and its unit. */
export function measured({ value, unit, spread }: Figure): string {
  const between = spread ? ` (${format(spread[0])} … ${format(spread[1])})` : '';
  return `${format(value)}${between} ${unit}`.trimEnd();
}

function format(figure: number): string {
  if (Number.isNaN(figure)) return '–';
  // Nobody reads "-0".
  const value = Math.round(figure * 100) === 0 ? 0 : figure;
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toLocaleString('en', Math.abs(value) < 10 ? { maximumFractionDigits: 2 } : { maximumFractionDigits: 1 });
}

/** What it should be; empty when that is open. */
export function target({ most, least, unit }: Figure): string {
  if (most !== undefined) return `<= ${format(most)} ${unit}`.trimEnd();
  return least === undefined ? '' : `>= ${format(least)} ${unit}`.trimEnd();
}

/** Whether it is what it should be; empty when that is open. */
export function verdict({ value, most, least }: Figure): string {
  if (most === undefined && least === undefined) return '';
  return value <= (most ?? Infinity) && value >= (least ?? -Infinity) ? 'met' : 'MISSED';
}
