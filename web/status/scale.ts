/** How values become heights. */
export interface Scale {
  /** The values that the axis names, from the lowest. */
  readonly ticks: readonly number[];
  /** The height of a value: 0 at the bottom, 1 at the top. */
  readonly at: (value: number) => number;
}

/** From zero to a round number that is not below `max`. */
export function linearScale(max: number): Scale {
  const rough = Math.max(max, 1) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10));
  const count = Math.max(1, Math.ceil(max / step));
  const top = count * step;
  return { ticks: Array.from({ length: count + 1 }, (_, at) => at * step), at: (value) => clamp(value / top) };
}

/** From 1 to a power of ten, at least 100: what is below 1 lies at the bottom. */
export function logScale(max: number): Scale {
  const top = Math.max(2, Math.ceil(Math.log10(Math.max(max, 1))));
  return {
    ticks: Array.from({ length: top + 1 }, (_, power) => 10 ** power),
    at: (value) => clamp(Math.log10(Math.max(value, 1)) / top),
  };
}

/** The index of the time that is nearest to `time`; -1 when there is none. `times` ascend. */
export function nearest(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const distance = (at: number): number => Math.abs((times[at] ?? Number.POSITIVE_INFINITY) - time);
  return low > 0 && distance(low - 1) < distance(low) ? low - 1 : high;
}

function clamp(height: number): number {
  return Math.min(1, Math.max(0, height));
}
