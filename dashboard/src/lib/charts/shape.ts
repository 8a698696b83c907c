export { niceCeiling, shortTick, timeTicks } from '@fleetbeat/contracts/chart-axis.ts';

/** From windows to what a chart draws. Pure: the same windows give the same rows. */

export interface ChartSeries<P> {
  readonly key: string;
  readonly label: string;
  /** A CSS colour, of the tokens. */
  readonly color: string;
  /** The value of one window; null where there is none, which is drawn as a gap. `elapsedMs` is how much of the window has passed. */
  readonly value: (point: P, elapsedMs: number) => number | null;
  /** Of `Sign`: what tells it from others of its colour. */
  readonly texture?: number;
  /** Drawn dashed: of another time than the rest. */
  readonly dashed?: true;
}

/** One position on the time axis. `values` are as read out; `tops` and `bottoms` as drawn (the same unless stacked). */
export interface ChartRow {
  readonly x: number;
  /** The window's start; the same for the two ends of a step. */
  readonly t: number;
  readonly gap: boolean;
  readonly values: readonly (number | null)[];
  readonly tops: readonly (number | null)[];
  readonly bottoms: readonly number[];
}

export interface ShapeOptions {
  readonly stepMs: number;
  /** Up to when the points are known, epoch milliseconds: by it, a window that is still open knows how much of it has passed. */
  readonly until: number;
  /** Start and end of the axis, epoch milliseconds; nothing is drawn beyond. */
  readonly start: number;
  readonly end: number;
  readonly stacked: boolean;
  /** As steps over the whole window, else as one point in the window's middle. */
  readonly steps: boolean;
}

/** At least this much of a window counts as passed, so that a rate over its first instant is no spike. */
const LEAST_ELAPSED = 2_000;

/** Rows of windows that are over, which stay as they are: of one chart, and of one way of drawing. */
export type KnownRows<P extends object> = WeakMap<P, readonly ChartRow[]>;

/** `known` saves making rows again that were made of the same windows by the same series before. */
export function shapeRows<P extends { readonly t: number }>(
  points: readonly P[],
  series: readonly ChartSeries<P>[],
  options: ShapeOptions,
  known?: KnownRows<P>,
): ChartRow[] {
  const { stepMs, until, start } = options;
  const over = Math.min(until, options.end);
  const rows: ChartRow[] = [];
  let expected: number | null = null;
  let before: ChartRow | null = null;
  for (const point of points) {
    const lasting = known !== undefined && point.t >= start && point.t + stepMs <= over;
    let made = lasting ? known.get(point) : undefined;
    if (made === undefined) {
      made = rowsOf(point, series, options);
      if (lasting) known.set(point, made);
    }
    if (before && expected !== null && point.t > expected) rows.push({ ...before, gap: true });
    rows.push(...made);
    before = made[0] ?? null;
    expected = point.t + stepMs;
  }
  return rows;
}

/** A window as one row in its middle, or as the two ends of a step. */
function rowsOf<P extends { readonly t: number }>(
  point: P,
  series: readonly ChartSeries<P>[],
  { stepMs, until, start, end, stacked, steps }: ShapeOptions,
): ChartRow[] {
  const elapsed = Math.min(stepMs, Math.max(LEAST_ELAPSED, until - point.t));
  const values = series.map((one) => one.value(point, elapsed));
  const { tops, bottoms } = stacked ? stack(values) : { tops: values, bottoms: values.map(() => 0) };
  const last = Math.min(point.t + stepMs, Math.max(Math.min(until, end), point.t));
  const row: ChartRow = {
    x: Math.max(start, steps ? point.t : (point.t + last) / 2),
    t: point.t,
    gap: false,
    values,
    tops,
    bottoms,
  };
  return steps ? [row, { ...row, x: last }] : [row];
}

function stack(values: readonly (number | null)[]): { tops: (number | null)[]; bottoms: number[] } {
  let sum = 0;
  const bottoms: number[] = [];
  const tops = values.map((value) => {
    bottoms.push(sum);
    sum += value ?? 0;
    return value === null ? null : sum;
  });
  return { tops, bottoms };
}

/** Rows of a line that have no neighbour to be joined with: they are drawn as dots, or would not be seen. */
export function lonelyRows(rows: readonly ChartRow[], index: number): ChartRow[] {
  const drawn = (row: ChartRow | undefined) => row !== undefined && !row.gap && row.tops[index] !== null;
  return rows.filter((row, place) => drawn(row) && !drawn(rows[place - 1]) && !drawn(rows[place + 1]));
}

/** The largest value drawn, or 0. */
export function highest(rows: readonly ChartRow[]): number {
  let max = 0;
  for (const row of rows) for (const top of row.tops) if (top !== null && top > max) max = top;
  return max;
}

/** The row of the window that holds `t`, or null in a gap. */
export function rowAt(rows: readonly ChartRow[], t: number, stepMs: number): ChartRow | null {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row === undefined) break;
    if (row.t <= t) low = middle + 1;
    else high = middle - 1;
  }
  // A gap follows the window it comes after, under the same start.
  const found = rows[high]?.gap ? rows[high - 1] : rows[high];
  return found !== undefined && t < found.t + stepMs ? found : null;
}

/**
 * Moves labels apart so that two are at least `gap` pixels from each other, keeping their order and staying in
 * [0, height] where they fit. Takes and gives positions in the order of `positions`.
 */
export function spreadLabels(positions: readonly number[], gap: number, height: number): number[] {
  const order = positions.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  let floor = 0;
  for (const label of order) {
    label.y = Math.max(label.y, floor);
    floor = label.y + gap;
  }
  let ceiling = height;
  for (const label of order.toReversed()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - gap;
  }
  const spread = positions.slice();
  for (const label of order) spread[label.index] = label.y;
  return spread;
}
