import {
  CHARTS,
  type Series,
  type SeriesAnswer,
  type SeriesPanel,
  type StatusPanel,
  type TextPanel,
} from '@fleetbeat/contracts/dashboards.ts';
import { ceilingOf, formatKind, kindOf, measureLabel } from '@fleetbeat/contracts/measure-words.ts';
import { drawnSeries, keyLabel, kindOfPanel, MAX_BARS, seriesLabel, tableOf } from '@fleetbeat/contracts/panel-content.ts';
import type { RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';
import type { StatusTimeline } from '@fleetbeat/contracts/status-timeline.ts';
import { chartUnit, drawChart, type ChartTimes } from './draw-chart.ts';
import { colorAt, INK, INK_2, INK_3, LINE, SUNKEN } from './report-colors.ts';
import { drawStatus } from './draw-status.ts';
import { drawLine, drawText, widthOf, type Box, type Pdf, type TextStyle } from './report-text.ts';

/** One panel on paper: what the page shows of it, in the same words and figures. */

const PADDING = 9;
const TITLE: TextStyle = { size: 8.5, color: INK, weight: 'bold' };
const PLAIN: TextStyle = { size: 7.5, color: INK_2 };
const FIGURE: TextStyle = { size: 7.5, color: INK };
const NOTHING = 'Nothing was measured in this range.';

/** A panel, and what it was answered. */
export type AnsweredPanel =
  | { readonly kind: 'text'; readonly panel: TextPanel }
  | { readonly kind: 'series'; readonly panel: SeriesPanel; readonly answer: SeriesAnswer }
  | {
      readonly kind: 'status';
      readonly panel: StatusPanel;
      /** As they were asked for. */
      readonly keys: readonly string[];
      readonly timeline: StatusTimeline;
    };

export function drawPanel(pdf: Pdf, box: Box, answered: AnsweredPanel, times: ChartTimes): void {
  pdf.roundedRect(box.x, box.y, box.width, box.height, 4).lineWidth(0.6).stroke(LINE);
  const inner = { x: box.x + PADDING, y: box.y + PADDING, width: box.width - 2 * PADDING, height: box.height - 2 * PADDING };
  pdf.save();
  pdf.rect(box.x, box.y, box.width, box.height).clip();
  const below = { ...inner, y: inner.y + 15, height: inner.height - 15 };
  switch (answered.kind) {
    case 'text':
      drawNote(pdf, inner, answered.panel.text);
      break;
    case 'series': {
      const { panel, answer } = answered;
      drawTitle(pdf, inner, panel.title, CHARTS.includes(panel.display) ? chartUnit(panel, answer) : '');
      drawContent(pdf, below, panel, answer, times);
      break;
    }
    case 'status': {
      const { panel, keys, timeline } = answered;
      drawTitle(pdf, inner, panel.title, timeline.more_alerts ? 'older changes of alerts are left out' : '');
      drawStatus(pdf, below, timeline, times, keys.length > 1);
      break;
    }
    default:
      answered satisfies never;
  }
  pdf.restore();
}

function drawTitle(pdf: Pdf, box: Box, title: string, beside: string): void {
  const length = Math.min(widthOf(pdf, title, TITLE) + 1, box.width);
  drawLine(pdf, title, box.x, box.y, length, TITLE);
  drawLine(pdf, beside, box.x + length + 4, box.y + 0.7, Math.max(0, box.width - length - 4), { ...PLAIN, color: INK_3 });
}

function drawContent(pdf: Pdf, box: Box, panel: SeriesPanel, answer: SeriesAnswer, times: ChartTimes): void {
  if (answer.series.length === 0) return drawLine(pdf, NOTHING, box.x, box.y, box.width, PLAIN);
  switch (panel.display) {
    case 'line':
    case 'area':
    case 'stack':
      return drawChart(pdf, box, panel, answer, times);
    case 'figure':
      return drawFigures(pdf, box, panel, answer.series);
    case 'gauge':
      return drawGauges(pdf, box, panel, answer.series);
    case 'bars':
      return drawBars(pdf, box, panel, answer.series);
    case 'table':
      return drawTable(pdf, box, panel, answer.series);
    default:
      return panel.display satisfies never;
  }
}

function drawNote(pdf: Pdf, box: Box, text: string): void {
  const [first = '', ...rest] = text.split('\n');
  const heading = /^#+\s*(.+)$/.exec(first)?.[1];
  if (heading === undefined) return drawText(pdf, text, box, { ...PLAIN, size: 8 });
  drawLine(pdf, heading, box.x, box.y, box.width, { ...TITLE, size: 10.5 });
  drawText(pdf, rest.join('\n').trimStart(), { ...box, y: box.y + 17, height: box.height - 17 }, { ...PLAIN, size: 8 });
}

/** As many as fit beside each other, each at its own place. */
function cellsOf(box: Box, count: number, least: number, height: number): Box[] {
  const columns = columnsOf(box, count, least);
  const width = box.width / columns;
  return Array.from({ length: count }, (_, index) => ({
    x: box.x + (index % columns) * width,
    y: box.y + Math.floor(index / columns) * height,
    width: width - 6,
    height,
  })).filter((cell) => cell.y + cell.height <= box.y + box.height + 1);
}

function columnsOf(box: Box, count: number, least: number): number {
  return Math.max(1, Math.min(count, Math.floor(box.width / least)));
}

function drawFigures(pdf: Pdf, box: Box, panel: SeriesPanel, series: readonly Series[]): void {
  const { shown } = drawnSeries(series);
  const alone = shown.length === 1;
  for (const [index, cell] of cellsOf(box, shown.length, 90, alone ? Math.min(30, box.height) : 32).entries()) {
    const one = shown[index];
    if (one === undefined) continue;
    if (!alone) drawLine(pdf, seriesLabel(one, panel), cell.x, cell.y, cell.width, { ...PLAIN, size: 6.5, color: INK_3 });
    const figure = formatKind(kindOf(one.measure as RuleMeasure), one.total);
    drawLine(pdf, figure, cell.x, cell.y + (alone ? 4 : 9), cell.width, { size: alone ? 20 : 14, color: INK, weight: 'bold' });
  }
}

/** In points; a lower gauge could not be read. */
const GAUGE_WIDTH = 72;
const GAUGE_LEAST_HEIGHT = 54;

function drawGauges(pdf: Pdf, box: Box, panel: SeriesPanel, series: readonly Series[]): void {
  const { shown } = drawnSeries(series);
  const rows = Math.ceil(shown.length / columnsOf(box, shown.length, GAUGE_WIDTH));
  const height = Math.min(box.height, 80, Math.max(GAUGE_LEAST_HEIGHT, box.height / rows));
  for (const [index, cell] of cellsOf(box, shown.length, GAUGE_WIDTH, height).entries()) {
    const one = shown[index];
    if (one === undefined) continue;
    const kind = kindOf(one.measure as RuleMeasure);
    const radius = Math.max(8, Math.min(cell.width / 2 - 6, height - 32));
    const [x, y] = [cell.x + cell.width / 2, cell.y + radius + 5];
    drawArc(pdf, x, y, radius, 1, SUNKEN);
    drawArc(pdf, x, y, radius, (one.total ?? 0) / (ceilingOf(kind) ?? 1), colorAt(index, one.measure, panel.set === 'fleet'));
    drawLine(pdf, formatKind(kind, one.total), cell.x, y - 10, cell.width, {
      size: 10,
      color: INK,
      weight: 'bold',
      align: 'center',
    });
    // Names of several measures of one host differ at their end only.
    const label = { x: cell.x, y: y + 4, width: cell.width, height: 19 };
    drawText(pdf, seriesLabel(one, panel), label, { ...PLAIN, size: 6.5, align: 'center' });
  }
}

function drawArc(pdf: Pdf, x: number, y: number, radius: number, share: number, color: string): void {
  const part = Math.min(1, Math.max(0, share));
  if (part === 0) return;
  const angle = Math.PI * (1 - part);
  const end = [x + radius * Math.cos(angle), y - radius * Math.sin(angle)] as const;
  pdf
    .path(`M ${x - radius} ${y} A ${radius} ${radius} 0 0 1 ${end[0]} ${end[1]}`)
    .lineWidth(5)
    .lineCap('butt')
    .stroke(color);
}

function drawBars(pdf: Pdf, box: Box, panel: SeriesPanel, series: readonly Series[]): void {
  const kind = kindOfPanel(panel);
  const bars = drawnSeries(series, MAX_BARS)
    .shown.map((one, place) => ({ one, place }))
    .toSorted((a, b) => (b.one.total ?? -1) - (a.one.total ?? -1));
  const top = (kind === 'percent' ? ceilingOf(kind) : undefined) ?? Math.max(1e-12, ...bars.map(({ one }) => one.total ?? 0));
  const height = Math.max(15, Math.min(20, box.height / bars.length));
  const fit = Math.floor(box.height / height);
  for (const [index, { one, place }] of bars.slice(0, fit).entries()) {
    const y = box.y + index * height;
    const figure = formatKind(kind, one.total);
    const room = widthOf(pdf, figure, FIGURE) + 6;
    drawLine(pdf, seriesLabel(one, panel), box.x, y, box.width - room, PLAIN);
    drawLine(pdf, figure, box.x + box.width - room, y, room, { ...FIGURE, weight: 'bold', align: 'right' });
    pdf
      .rect(box.x, y + 10.5, Math.max(0.5, (box.width * (one.total ?? 0)) / top), 2.6)
      .fill(colorAt(place, one.measure, panel.set === 'fleet'));
  }
}

function drawTable(pdf: Pdf, box: Box, panel: SeriesPanel, series: readonly Series[]): void {
  const { measures, rows } = tableOf(series);
  const height = 13;
  const first = Math.max(70, box.width * 0.22);
  const column = (box.width - first) / measures.length;
  const xOf = (index: number) => box.x + first + index * column;
  for (const [index, measure] of measures.entries()) {
    drawLine(pdf, measureLabel(measure), xOf(index), box.y, column - 4, { ...PLAIN, size: 6.5, color: INK_3, align: 'right' });
  }
  const room = Math.floor((box.height - height) / height);
  const shown = rows.length > room ? rows.slice(0, Math.max(0, room - 1)) : rows;
  for (const [place, { key, values }] of shown.entries()) {
    const y = box.y + (place + 1) * height;
    pdf
      .moveTo(box.x, y - 3)
      .lineTo(box.x + box.width, y - 3)
      .lineWidth(0.4)
      .stroke(LINE);
    drawLine(pdf, keyLabel(key, panel.set), box.x, y, first - 6, FIGURE);
    for (const [index, value] of values.entries()) {
      const figure = formatKind(kindOf((measures[index] ?? '') as RuleMeasure), value);
      drawLine(pdf, figure, xOf(index), y, column - 4, { ...FIGURE, align: 'right' });
    }
  }
  if (shown.length < rows.length) {
    drawLine(pdf, `and ${rows.length - shown.length} more`, box.x, box.y + (shown.length + 1) * height, box.width, {
      ...PLAIN,
      color: INK_3,
    });
  }
}
