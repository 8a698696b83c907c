import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import PDFDocument from 'pdfkit';
import { COLUMNS, type Dashboard, type Panel, type SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { Labels } from '@fleetbeat/contracts/events.ts';
import { keysOf, variableValues } from '@fleetbeat/contracts/panel-content.ts';
import { scopeLabels, scopeWords } from '@fleetbeat/contracts/scope-text.ts';
import { HttpProblem } from '../problem.ts';
import type { SeriesQuestion } from '../series/query-series.ts';
import type { ReadStatusTimeline } from '../status-timeline/read-status-timeline.ts';
import type { WindowRange } from '../time-series/window-reader.ts';
import { drawPanel, type AnsweredPanel } from './draw-panel.ts';
import { INK, INK_2, INK_3 } from './report-colors.ts';
import { pagesOf } from './report-pages.ts';
import { drawLine, type Pdf } from './report-text.ts';

/** A dashboard on paper: A4 across, twelve columns, vector charts and text that can be selected. */

export interface ReportQuestion {
  readonly dashboard: Pick<Dashboard, 'name' | 'description' | 'variables' | 'panels'>;
  /** As it was asked for, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The same, rounded outward to windows. */
  readonly range: WindowRange;
  /** Of whose clocks times are. */
  readonly timeZone: string;
  /** What variables stand for, where it is not what the dashboard says. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of what carries them alone, and said under the title; of everything where there are none. */
  readonly labels: Labels | null;
  /** Epoch milliseconds. */
  readonly madeAt: number;
}

/** What panels are answered from. */
export interface ReportSources {
  readonly querySeries: (question: SeriesQuestion, range: WindowRange, labels: Labels | null) => Promise<SeriesAnswer>;
  readonly readStatus: ReadStatusTimeline;
}

/** Makes a PDF. Throws the problems `report-busy` and `report-timeout` (503), and what the question of a panel throws. */
export type MakeReport = (question: ReportQuestion) => Promise<Buffer>;

/** Made at the same time by one process: each holds its pages and the answers of its panels. */
const AT_ONCE = 2;
const WITHIN_MS = 30_000;

const PAGE = { width: 841.89, height: 595.28 };
const MARGIN = 34;
const HEAD = 46;
const FOOT = 22;
const GAP = 8;
const ROW = 42;
const ROWS = Math.floor((PAGE.height - 2 * MARGIN - HEAD - FOOT + GAP) / ROW);
const COLUMN = (PAGE.width - 2 * MARGIN + GAP) / COLUMNS;

export function createMakeReport(sources: ReportSources, clock: () => number = Date.now): MakeReport {
  let making = 0;
  return async (question) => {
    if (making >= AT_ONCE) {
      throw new HttpProblem(503, 'report-busy', 'other reports are being made: try again in a moment', { 'retry-after': '5' });
    }
    making += 1;
    try {
      return await makeReport(sources, question, clock);
    } finally {
      making -= 1;
    }
  };
}

async function makeReport(sources: ReportSources, question: ReportQuestion, clock: () => number): Promise<Buffer> {
  const deadline = clock() + WITHIN_MS;
  const { dashboard } = question;
  const chosen = question.variables;
  const values = variableValues(dashboard.variables, (name) => (Object.hasOwn(chosen, name) ? (chosen[name] ?? null) : null));
  const pdf = openPdf(question);
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(pdf, 'end');
  const pages = pagesOf(dashboard.panels, ROWS);
  for (const [index, page] of (pages.length === 0 ? [[]] : pages).entries()) {
    pdf.addPage();
    drawFrame(pdf, question, index + 1, Math.max(1, pages.length));
    for (const panel of page) {
      if (clock() > deadline) {
        throw new HttpProblem(503, 'report-timeout', `the report took more than ${WITHIN_MS / 1_000} s: shorten the range`);
      }
      // One after the other: a report must not be in the way of the pages.
      drawPanel(pdf, boxOf(panel), await answer(sources, question, panel, values), {
        from: question.from,
        to: question.to,
        until: Math.min(question.to, question.madeAt),
        zone: question.timeZone,
      });
      await setImmediate();
    }
    if (page.length === 0)
      drawLine(pdf, 'There is nothing on this dashboard.', MARGIN, MARGIN + HEAD, 400, { size: 10, color: INK_2 });
  }
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

async function answer(
  { querySeries, readStatus }: ReportSources,
  { range, labels }: ReportQuestion,
  panel: Panel,
  values: Readonly<Record<string, string>>,
): Promise<AnsweredPanel> {
  switch (panel.kind) {
    case 'text':
      return { kind: 'text', panel };
    case 'series':
      return { kind: 'series', panel, answer: await querySeries({ ...panel, keys: keysOf(panel, values) }, range, labels) };
    case 'status': {
      const keys = keysOf(panel, values);
      return { kind: 'status', panel, keys, timeline: await readStatus({ set: panel.set, keys, range, labels }) };
    }
    default:
      return panel satisfies never;
  }
}

function openPdf({ dashboard, madeAt }: ReportQuestion): Pdf {
  return new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: 0,
    autoFirstPage: false,
    pdfVersion: '1.7',
    lang: 'en',
    displayTitle: true,
    info: {
      Title: dashboard.name,
      Author: 'Fleetbeat',
      Creator: 'Fleetbeat',
      Producer: 'Fleetbeat',
      CreationDate: new Date(madeAt),
    },
  });
}

function boxOf({ x, y, w, h }: Dashboard['panels'][number]) {
  return { x: MARGIN + x * COLUMN, y: MARGIN + HEAD + y * ROW, width: w * COLUMN - GAP, height: h * ROW - GAP };
}

function drawFrame(pdf: Pdf, question: ReportQuestion, page: number, pages: number): void {
  const { dashboard, from, to, timeZone, madeAt } = question;
  const width = PAGE.width - 2 * MARGIN;
  const range = `${moment(from, timeZone)} – ${moment(to, timeZone)}`;
  drawLine(pdf, dashboard.name, MARGIN, MARGIN - 4, width * 0.6, { size: 16, color: INK, weight: 'bold' });
  drawLine(pdf, range, MARGIN + width * 0.6, MARGIN, width * 0.4, { size: 9, color: INK, align: 'right' });
  const lines = [dashboard.description, scopeWords(scopeLabels(question.labels ?? {}))].filter((line) => line.trim() !== '');
  for (const [index, line] of lines.entries()) {
    drawLine(pdf, line, MARGIN, MARGIN + 18 + index * 11, width * 0.7, { size: 8.5, color: INK_2 });
  }
  drawLine(pdf, timeZone, MARGIN + width * 0.7, MARGIN + 13, width * 0.3, { size: 7.5, color: INK_3, align: 'right' });
  const foot = PAGE.height - MARGIN - 6;
  drawLine(pdf, `Fleetbeat · made ${moment(madeAt, timeZone)}`, MARGIN, foot, width / 2, { size: 7, color: INK_3 });
  drawLine(pdf, `${page} of ${pages}`, MARGIN + width / 2, foot, width / 2, { size: 7, color: INK_3, align: 'right' });
}

function moment(t: number, timeZone: string): string {
  const shape = {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  return new Intl.DateTimeFormat('en-GB', { ...shape, timeZone }).format(t);
}
