import type { ChartRow } from './shape.ts';

/**
 * From rows to what a pen draws. Where several rows fall into one pixel, as many points are drawn as can be told apart, and
 * never fewer than it takes for each peak to be seen. Pure: a test gives a pen that remembers.
 */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

/** What a plot shows, [from, to) in epoch milliseconds and [0, top], and its size in pixels. */
export interface Plot {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A line through the rows of one series: of those within a pixel the first, the lowest, the highest and the last. */
export function traceLine(pen: Pen, rows: readonly ChartRow[], index: number, plot: Plot): void {
  const perMs = plot.width / (plot.to - plot.from);
  const perUnit = plot.height / plot.top;
  let down = false;
  let column = 0;
  let several = false;
  let low = 0;
  let high = 0;
  let lastX = 0;
  let lastY = 0;
  const endColumn = () => {
    if (!several) return;
    if (low !== lastY) pen.lineTo(lastX, low);
    if (high !== lastY) pen.lineTo(lastX, high);
    pen.lineTo(lastX, lastY);
    several = false;
  };
  for (const row of rows) {
    const value = row.gap ? null : row.tops[index];
    if (value === null || value === undefined) {
      endColumn();
      down = false;
      continue;
    }
    const x = (row.x - plot.from) * perMs;
    const y = plot.height - value * perUnit;
    if (down && Math.floor(x) === column) {
      several = true;
      if (y < high) high = y;
      if (y > low) low = y;
    } else {
      endColumn();
      if (down) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      down = true;
      column = Math.floor(x);
      low = high = y;
    }
    lastX = x;
    lastY = y;
  }
  endColumn();
}

/** Steps next to each other without a gap, in pixels: each from its `x` to that of the next, the last one to `end`. */
export interface Steps {
  readonly x: number[];
  readonly tops: number[];
  readonly bottoms: number[];
  end: number;
}

/** The steps of one series, a group for each stretch without a gap. Those within a pixel become one, as high as the highest. */
export function stepsOf(rows: readonly ChartRow[], index: number, plot: Plot): Steps[] {
  const perMs = plot.width / (plot.to - plot.from);
  const perUnit = plot.height / plot.top;
  const groups: Steps[] = [];
  let group: Steps | null = null;
  for (let place = 0; place + 1 < rows.length; place += 1) {
    const row = rows[place];
    const next = rows[place + 1];
    const value = row === undefined || row.gap ? null : row.tops[index];
    if (row === undefined || next === undefined || value === null || value === undefined) {
      group = null;
      continue;
    }
    // A gap stands where the row before it begins; nothing reaches up to it.
    if (next.gap || next.x <= row.x) continue;
    const x = (row.x - plot.from) * perMs;
    const top = plot.height - value * perUnit;
    const bottom = plot.height - (row.bottoms[index] ?? 0) * perUnit;
    const last: number = group === null ? -1 : group.x.length - 1;
    if (group !== null && Math.floor(group.x[last] ?? 0) === Math.floor(x)) {
      group.tops[last] = Math.min(group.tops[last] ?? top, top);
      group.bottoms[last] = Math.min(group.bottoms[last] ?? bottom, bottom);
    } else {
      if (group === null) groups.push((group = { x: [], tops: [], bottoms: [], end: x }));
      group.x.push(x);
      group.tops.push(top);
      group.bottoms.push(bottom);
    }
    group.end = (next.x - plot.from) * perMs;
  }
  return groups;
}

/** The upper edge of steps, to be stroked. */
export function traceEdge(pen: Pen, { x, tops, end }: Steps): void {
  for (let at = 0; at < x.length; at += 1) {
    if (at === 0) pen.moveTo(x[at] ?? 0, tops[at] ?? 0);
    else pen.lineTo(x[at] ?? 0, tops[at] ?? 0);
    pen.lineTo(x[at + 1] ?? end, tops[at] ?? 0);
  }
}

/** The outline of steps, to be filled. */
export function traceArea(pen: Pen, steps: Steps): void {
  const { x, bottoms, end } = steps;
  traceEdge(pen, steps);
  for (let at = x.length - 1; at >= 0; at -= 1) {
    pen.lineTo(x[at + 1] ?? end, bottoms[at] ?? 0);
    pen.lineTo(x[at] ?? 0, bottoms[at] ?? 0);
  }
  pen.closePath();
}
