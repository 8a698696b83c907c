import { lonelyRows, type ChartRow, type ChartSeries } from './shape.ts';
import { stepsOf, traceArea, traceEdge, traceLine, type Plot } from './trace.ts';

export interface Drawing {
  readonly rows: readonly ChartRow[];
  readonly series: readonly Pick<ChartSeries<never>, 'color' | 'dashed'>[];
  readonly kind: 'line' | 'area' | 'stack';
  readonly plot: Plot;
  /** Where the plot begins in the canvas, and the size of that, in CSS pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Device pixels to a CSS pixel. */
  readonly density: number;
  /** Names what the tokens of colours stand for now. */
  readonly theme: string | null;
}

/** Draws every series anew. Colours are CSS colours, or tokens of the page. */
export function drawSeries(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { rows, series, kind, plot, density } = drawing;
  const context = canvas.getContext('2d');
  if (!context) return;
  const [width, height] = [Math.round(drawing.width * density), Math.round(drawing.height * density)];
  // Setting the size, even to what it is, makes a new surface.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  if (!(plot.to > plot.from) || rows.length === 0) return;
  context.setTransform(density, 0, 0, density, drawing.left * density, drawing.top * density);
  context.lineJoin = 'round';
  series.forEach((one, index) => {
    const color = colorIn(canvas, drawing.theme, one.color);
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
