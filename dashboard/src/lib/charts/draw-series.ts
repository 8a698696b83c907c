import { DASHES } from './palette.ts';
import { lonelyRows, type ChartRow, type ChartSeries } from './shape.ts';
import { stepsOf, traceArea, traceEdge, traceLine, type Plot } from './trace.ts';

export interface Drawing {
  readonly rows: readonly ChartRow[];
  readonly series: readonly Pick<ChartSeries<never>, 'color' | 'texture' | 'dashed'>[];
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
      const dash = one.dashed ? [5, 4] : (DASHES[one.texture ?? 0] ?? []);
      context.setLineDash([...dash]);
      context.lineCap = dash.length > 0 ? 'butt' : 'round';
      context.beginPath();
      traceLine(context, rows, index, plot);
      context.stroke();
      drawDots(context, lonelyRows(rows, index), index, plot);
      return;
    }
    const groups = stepsOf(rows, index, plot);
    context.fillStyle = texturedFill(context, color, one.texture ?? 0);
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

/** Pixels of what repeats itself in a textured area. */
const TILE = 8;
const tiles = new Map<string, CanvasPattern>();

/** Hatched, dotted, or hatched the other way: the surface shows through. */
function texturedFill(context: CanvasRenderingContext2D, color: string, texture: number): string | CanvasPattern {
  if (texture === 0) return color;
  const name = `${color} ${texture}`;
  const known = tiles.get(name);
  if (known !== undefined) return known;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = TILE;
  const tile = canvas.getContext('2d');
  if (tile === null) return color;
  tile.fillStyle = tile.strokeStyle = color;
  if (texture === 2) {
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ] as const) {
      tile.beginPath();
      tile.arc(x, y, 1.8, 0, 2 * Math.PI);
      tile.fill();
    }
  } else {
    tile.lineWidth = 3;
    // Lines that leave the tile come in again on the other side.
    for (const shift of [-TILE, 0, TILE]) {
      tile.beginPath();
      tile.moveTo(shift - 1, texture === 1 ? TILE + 1 : -1);
      tile.lineTo(shift + TILE + 1, texture === 1 ? -1 : TILE + 1);
      tile.stroke();
    }
  }
  const made = context.createPattern(canvas, 'repeat');
  if (made === null) return color;
  tiles.set(name, made);
  return made;
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
