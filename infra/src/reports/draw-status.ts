import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { StatusSpan, StatusTimeline } from '@fleetbeat/contracts/status-timeline.ts';
import { bandLabel, statesIn, stateWords } from '@fleetbeat/contracts/status-words.ts';
import { AXIS_HEIGHT, drawTimeAxis, type ChartTimes } from './draw-chart.ts';
import { ERROR, ERROR_SOFT, INFO, INK_2, INK_3, SUNKEN, WARNING } from './report-colors.ts';
import { drawLine, widthOf, type Box, type Pdf, type TextStyle } from './report-text.ts';

/** How agents or hosts were over time, as bands on paper; hatched where a state must not be told by its colour alone. */

const NAME: TextStyle = { size: 7, color: INK_2 };
const SMALL: TextStyle = { size: 6.5, color: INK_3 };
const LEGEND_HEIGHT = 12;
const BAND = 8;
const GAP = 5;
const HATCH_EVERY = 3.2;
const ACTIVE = '#343ed2';
/** Like `ACTIVE`, of which a part is seen. */
const ONLINE = '#a7abe8';

interface Look {
  readonly fill: string;
  readonly hatch?: string;
  /** Share of the height that it fills, from below: the worse, the higher. */
  readonly share?: number;
}

const FIRING = {
  info: { fill: INFO, share: 1 / 3 },
  warning: { fill: WARNING, share: 2 / 3 },
  error: { fill: ERROR },
} as const satisfies Record<Severity, Look>;

type State = Pick<StatusSpan, 'state' | 'severity'>;

/** `several`: bands are of several agents or hosts, and say whose they are. */
export function drawStatus(pdf: Pdf, box: Box, timeline: StatusTimeline, times: ChartTimes, several: boolean): void {
  const { bands } = timeline;
  if (bands.length === 0) return drawLine(pdf, 'Nothing is known of this range.', box.x, box.y, box.width, NAME);
  drawLegend(pdf, box, statesIn(bands));
  const top = box.y + LEGEND_HEIGHT + 3;
  const room = Math.max(1, Math.floor((box.y + box.height - AXIS_HEIGHT - top) / (BAND + GAP)));
  const shown = bands.length > room ? bands.slice(0, Math.max(1, room - 1)) : bands;
  const names = shown.map((band) => ({ text: bandLabel(band, several), indent: several && band.rule !== null ? 6 : 0 }));
  const left = Math.min(box.width * 0.3, Math.max(...names.map(({ text, indent }) => widthOf(pdf, text, NAME) + indent + 1))) + 8;
  const plot = { x: box.x + left, y: top, width: Math.max(1, box.width - left), height: shown.length * (BAND + GAP) - GAP + 2 };
  const xOf = (t: number) =>
    plot.x + (Math.min(Math.max(t, times.from), times.to) - times.from) * (plot.width / (times.to - times.from));
  for (const [index, { spans }] of shown.entries()) {
    const y = top + index * (BAND + GAP);
    const { text, indent } = names[index] ?? { text: '', indent: 0 };
    drawLine(pdf, text, box.x + indent, y - 0.5, left - 8 - indent, NAME);
    pdf.rect(plot.x, y, plot.width, BAND).fill(SUNKEN);
    for (const state of statesIn([{ spans }])) {
      const boxes = spans
        .filter((span) => stateWords(span) === stateWords(state))
        .map(({ from, to }) => ({ x: xOf(from), y, width: Math.max(0.5, xOf(to) - xOf(from)), height: BAND }));
      drawBoxes(pdf, boxes, lookOf(state));
    }
  }
  drawTimeAxis(pdf, plot, times, xOf);
  if (shown.length < bands.length) {
    const below = plot.y + plot.height + AXIS_HEIGHT;
    drawLine(pdf, `and ${bands.length - shown.length} more`, box.x, below, box.width, SMALL);
  }
}

function drawLegend(pdf: Pdf, box: Box, states: readonly State[]): void {
  let x = box.x;
  for (const state of states) {
    drawBoxes(pdf, [{ x, y: box.y + 2, width: 6, height: 6 }], lookOf(state));
    const words = stateWords(state);
    drawLine(pdf, words, x + 9, box.y, Math.max(0, box.x + box.width - x - 9), NAME);
    x += widthOf(pdf, words, NAME) + 21;
  }
}

function lookOf({ state, severity }: State): Look {
  switch (state) {
    case 'active':
      return { fill: ACTIVE };
    case 'online':
      return { fill: ONLINE };
    case 'offline':
      return { fill: ERROR_SOFT, hatch: ERROR };
    case 'pending':
      return { fill: SUNKEN, hatch: INK_3 };
    case 'firing':
      return FIRING[severity ?? 'info'];
    default:
      return state satisfies never;
  }
}

/** Boxes of one look, each with its width, in a single stroke of the hatching. */
function drawBoxes(pdf: Pdf, boxes: readonly Box[], { fill, hatch, share = 1 }: Look): void {
  const [first] = boxes;
  if (first === undefined) return;
  const path = () => {
    for (const { x, y, width, height } of boxes) pdf.rect(x, y + (1 - share) * height, width, share * height);
  };
  path();
  pdf.fill(fill);
  if (hatch === undefined) return;
  pdf.save();
  path();
  pdf.clip();
  const right = boxes.reduce((most, { x, width }) => Math.max(most, x + width), first.x);
  for (let x = first.x - first.height; x < right; x += HATCH_EVERY) {
    pdf.moveTo(x, first.y + first.height).lineTo(x + first.height, first.y);
  }
  pdf.lineWidth(0.9).lineCap('butt').stroke(hatch);
  pdf.restore();
}
