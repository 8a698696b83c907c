import { lonelyRows, type ChartRow, type ChartSeries } from './shape.ts';
import { stepsOf, traceArea, traceEdge, traceLine, type Plot } from './trace.ts';

export interface Drawing {
  readonly rows: readonly ChartRow[];
  readonly series: readonly Pick<ChartSeries<never>, 'color' | 'dashed'>[];
  readonly kind: 'line' | 'area' | 'stack';
  readonly plot: Plot;
  /** Names what the tokens of colours stand for now. */
  readonly theme: string | null;
}

/** Draws every series, from the upper left corner of the plot on. Colours are CSS colours, or tokens of the page. */
export function drawSeries(context: CanvasRenderingContext2D, { rows, series, kind, plot, theme }: Drawing): void {
  if (!(plot.to > plot.from) || rows.length === 0) return;
  context.lineJoin = 'round';
  series.forEach((one, index) => {
    const color = colorIn(context.canvas, theme, one.color);
    context.strokeStyle = context.fillStyle = color;
    if (kind === 'line') {
      context.lineWidth = one.dashed ? 1.2 : 1.6;
      context.setLineDash(one.dashed ? [5, 4] : []);
      context.lineCap = one.dashed ? 'butt' : 'round';
      context.beginPath();
      traceLine(context, rows, index, plot);
      context.stroke();
      drawDots(context, lonelyRows(rows, index), index, plot);
      return;
    }
    const groups = stepsOf(rows, index, plot);
    context.globalAlpha = kind === 'stack' ? 0.85 : 0.28;
    context.beginPath();
    for (const steps of groups) traceArea(context, steps);
    context.fill();
    context.globalAlpha = 1;
    if (kind === 'stack') return;
    context.lineWidth = 1.4;
    context.beginPath();
    for (const steps of groups) traceEdge(context, steps);
    context.stroke();
  });
}

function drawDots(context: CanvasRenderingContext2D, rows: readonly ChartRow[], index: number, plot: Plot): void {
  for (const row of rows) {
    const x = ((row.x - plot.from) / (plot.to - plot.from)) * plot.width;
    context.beginPath();
    context.arc(x, plot.height * (1 - (row.tops[index] ?? 0) / plot.top), 2, 0, 2 * Math.PI);
    context.fill();
  }
}

const TOKEN = /^var\((--[\w-]+)\)$/;
/** By theme and token. Asking the page each time would have it work out all of its styles. */
const colors = new Map<string, string>();

/** A canvas knows no tokens. */
function colorIn(canvas: HTMLCanvasElement, theme: string | null, color: string): string {
  const token = TOKEN.exec(color)?.[1];
  if (token === undefined) return color;
  const name = `${theme ?? ''} ${token}`;
  let found = colors.get(name);
  if (found === undefined) {
    found = getComputedStyle(canvas).getPropertyValue(token).trim();
    colors.set(name, found);
  }
  return found;
}
