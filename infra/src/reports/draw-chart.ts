import { niceCeiling, shortTick, timeTicks } from '@fleetbeat/contracts/chart-axis.ts';
import type { Series, SeriesAnswer, SeriesPanel } from '@fleetbeat/contracts/dashboards.ts';
import { ceilingOf, formatKind, kindOf } from '@fleetbeat/contracts/measure-words.ts';
import { drawnSeries, drawnValue, kindOfPanel, seriesLabel, unitOf } from '@fleetbeat/contracts/panel-content.ts';
import type { RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';
import { colorAt, GRID, INK_2, INK_3 } from './report-colors.ts';
import { drawLine, widthOf, type Box, type Pdf, type TextStyle } from './report-text.ts';

/** Measures over time, as paths on paper. */

const SMALL: TextStyle = { size: 6.5, color: INK_3 };
const LEGEND_HEIGHT = 11;
export const AXIS_HEIGHT = 12;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

interface Drawn {
  readonly series: Series;
  readonly color: string;
  readonly points: readonly { readonly t: number; readonly bottom: number; readonly top: number }[];
}

export interface ChartTimes {
  /** The range that was asked for, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Up to when the figures are known, epoch milliseconds. */
  readonly until: number;
  readonly zone: string;
}

/** What stands beside the title of a chart. */
export function chartUnit(panel: SeriesPanel, answer: SeriesAnswer): string {
  const { shown, left } = drawnSeries(answer.series);
  return `${unitOf(kindOfPanel(panel))}${left > 0 ? ` · the ${shown.length} with the most of ${answer.series.length}` : ''}`;
}

export function drawChart(pdf: Pdf, box: Box, panel: SeriesPanel, answer: SeriesAnswer, times: ChartTimes): void {
  const kind = kindOfPanel(panel);
  const drawn = drawnOf(panel, answer, times.until);
  if (drawn.every(({ points }) => points.length === 0)) {
    return drawLine(pdf, 'Nothing was measured in this range.', box.x, box.y + box.height / 2 - 5, box.width, {
      ...SMALL,
      size: 8,
      align: 'center',
    });
  }
  const legend = drawLegend(pdf, box, panel, drawn);
  const highest = drawn.reduce((max, { points }) => points.reduce((most, { top }) => Math.max(most, top), max), 0);
  const top = (kind === 'percent' ? ceilingOf(kind) : undefined) ?? niceCeiling(highest);
  const labels = [0, top / 2, top].map((value) => ({ value, text: shortTick(formatKind(kind, value)) }));
  const left = box.x + 6 + Math.max(...labels.map(({ text }) => widthOf(pdf, text, SMALL)));
  const plot = {
    x: left,
    y: box.y + legend + 4,
    width: Math.max(1, box.x + box.width - left),
    height: Math.max(1, box.height - legend - 4 - AXIS_HEIGHT),
  };
  const xOf = (t: number) =>
    plot.x + (Math.min(Math.max(t, times.from), times.to) - times.from) * (plot.width / (times.to - times.from));
  const yOf = (value: number) => plot.y + plot.height * (1 - Math.min(value, top) / top);
  for (const { value, text } of labels) {
    pdf
      .moveTo(plot.x, yOf(value))
      .lineTo(plot.x + plot.width, yOf(value))
      .lineWidth(0.5)
      .stroke(GRID);
    drawLine(pdf, text, box.x, yOf(value) - 4, left - box.x - 4, { ...SMALL, align: 'right' });
  }
  drawTimeAxis(pdf, plot, times, xOf);
  for (const one of drawn) drawSeries(pdf, panel, one, { xOf, yOf, step: answer.step_ms, until: times.until });
}

function drawnOf(panel: SeriesPanel, answer: SeriesAnswer, until: number): Drawn[] {
  const sums = new Map<number, number>();
  return drawnSeries(answer.series).shown.map((series, place) => ({
    series,
    color: colorAt(place, series.measure, panel.set === 'fleet'),
    points: series.points.flatMap(({ t, value }) => {
      const drawn = drawnValue(series.measure, value, Math.min(answer.step_ms, until - t));
      if (drawn === null) return [];
      const bottom = panel.display === 'stack' ? (sums.get(t) ?? 0) : 0;
      sums.set(t, bottom + drawn);
      return [{ t, bottom, top: bottom + drawn }];
    }),
  }));
}

/** Names and totals over the range; answers how high they stand. */
function drawLegend(pdf: Pdf, box: Box, panel: SeriesPanel, drawn: readonly Drawn[]): number {
  let x = box.x;
  let lines = 1;
  for (const { series, color } of drawn) {
    const kind = kindOf(series.measure as RuleMeasure);
    const label = `${seriesLabel(series, panel)}  ${formatKind(kind, series.total)}`;
    const style = { size: 7, color: INK_2 };
    const width = Math.min(widthOf(pdf, label, style) + 1, box.width - 10);
    if (x > box.x && x + 9 + width > box.x + box.width) {
      // Further ones would take the room of the chart.
      if ((lines + 2) * LEGEND_HEIGHT > box.height / 2) break;
      x = box.x;
      lines += 1;
    }
    const y = box.y + (lines - 1) * LEGEND_HEIGHT;
    pdf.rect(x, y + 2, 5, 5).fill(color);
    drawLine(pdf, label, x + 8, y, width, style);
    x += width + 18;
  }
  return lines * LEGEND_HEIGHT;
}

export function drawTimeAxis(pdf: Pdf, plot: Box, { from, to, zone }: ChartTimes, xOf: (t: number) => number): void {
  const offset = -zoneAheadMs(to, zone);
  const ticks = timeTicks(from, to, Math.max(2, Math.floor(plot.width / 60)), offset);
  const [first = 0, second = DAY_MS] = ticks;
  const isShort = second - first < MINUTE_MS;
  for (const tick of ticks) {
    const x = xOf(tick);
    if (x < plot.x + 8 || x > plot.x + plot.width - 8) continue;
    const isMidnight = (tick - offset) % DAY_MS === 0;
    const shape: Intl.DateTimeFormatOptions = isMidnight
      ? { day: 'numeric', month: 'short' }
      : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(isShort ? { second: '2-digit' } : {}) };
    const text = new Intl.DateTimeFormat('en-GB', { ...shape, timeZone: zone }).format(tick);
    pdf
      .moveTo(x, plot.y + plot.height)
      .lineTo(x, plot.y + plot.height + 2)
      .lineWidth(0.5)
      .stroke(INK_3);
    drawLine(pdf, text, x - 30, plot.y + plot.height + 3, 60, { ...SMALL, align: 'center' });
  }
}

interface Scales {
  readonly xOf: (t: number) => number;
  readonly yOf: (value: number) => number;
  readonly step: number;
  readonly until: number;
}

function drawSeries(pdf: Pdf, panel: SeriesPanel, { points, color }: Drawn, { xOf, yOf, step, until }: Scales): void {
  const endOf = (t: number) => Math.max(t, Math.min(t + step, until));
  if (panel.display === 'line') {
    let before: number | undefined;
    for (const { t, top } of points) {
      const x = xOf((t + endOf(t)) / 2);
      // A gap is a gap, and a window on its own a dot.
      if (before === undefined || t > before + step) pdf.moveTo(x, yOf(top)).lineTo(x, yOf(top));
      else pdf.lineTo(x, yOf(top));
      before = t;
    }
    pdf.lineWidth(1.1).lineCap('round').lineJoin('round').stroke(color);
    return;
  }
  for (const { t, bottom, top } of points) {
    const width = Math.max(0.2, xOf(endOf(t)) - xOf(t));
    pdf.rect(xOf(t), yOf(top), width, Math.max(0, yOf(bottom) - yOf(top)));
  }
  pdf
    .fillOpacity(panel.display === 'stack' ? 0.85 : 0.35)
    .fill(color)
    .fillOpacity(1);
  if (panel.display !== 'area') return;
  for (const { t, top } of points) pdf.moveTo(xOf(t), yOf(top)).lineTo(xOf(endOf(t)), yOf(top));
  pdf.lineWidth(0.9).lineCap('butt').stroke(color);
}

/** How far the clocks of a zone are ahead of UTC, in milliseconds. */
export function zoneAheadMs(t: number, zone: string): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(t)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
