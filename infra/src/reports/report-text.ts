import { fileURLToPath } from 'node:url';
import type PDFDocument from 'pdfkit';

/** Text on paper: in the fonts of the pages, with another for the letters that they lack, cut to its width. */

export type Pdf = InstanceType<typeof PDFDocument>;

const FILES = {
  regular: ['@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf', 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'],
  bold: ['@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf', 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'],
} as const;
type Weight = keyof typeof FILES;

const PATHS = Object.fromEntries(
  Object.entries(FILES).map(([weight, files]) => [weight, files.map((file) => fileURLToPath(import.meta.resolve(file)))]),
) as Record<Weight, [string, string]>;

const ELLIPSIS = '…';
/** What cannot be drawn: control characters, and marks that turn text around. */
// eslint-disable-next-line no-control-regex -- control characters are what is taken out here
const UNSEEN = /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export interface TextStyle {
  readonly size: number;
  readonly color: string;
  readonly weight?: Weight | undefined;
  readonly align?: 'left' | 'right' | 'center' | undefined;
}

/** Writes one line from `x` within `width` points, its upper edge at `y`; what is too long ends in an ellipsis. */
export function drawLine(pdf: Pdf, text: string, x: number, y: number, width: number, style: TextStyle): void {
  const line = fitted(pdf, text.replaceAll(/\s+/g, ' ').replaceAll(UNSEEN, '').trim(), width, style);
  const length = widthOf(pdf, line, style);
  const start = style.align === 'right' ? x + width - length : style.align === 'center' ? x + (width - length) / 2 : x;
  let at = start;
  pdf.fillColor(style.color);
  for (const run of runsOf(pdf, line, style)) {
    choose(pdf, run.place, style);
    pdf.text(run.text, at, y, { lineBreak: false });
    at += pdf.widthOfString(run.text);
  }
}

/** Writes text of several lines into a box; what does not fit is left out. */
export function drawText(pdf: Pdf, text: string, box: Box, style: TextStyle): void {
  const leading = style.size * 1.4;
  let y = box.y;
  for (const paragraph of text.split('\n')) {
    for (const line of wrapped(pdf, paragraph.replaceAll(UNSEEN, ''), box.width, style)) {
      if (y + leading > box.y + box.height) return;
      drawLine(pdf, line, box.x, y, box.width, style);
      y += leading;
    }
  }
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function widthOf(pdf: Pdf, text: string, style: TextStyle): number {
  let width = 0;
  for (const run of runsOf(pdf, text, style)) {
    choose(pdf, run.place, style);
    width += pdf.widthOfString(run.text);
  }
  return width;
}

function wrapped(pdf: Pdf, text: string, width: number, style: TextStyle): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(pdf, longer, style) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function fitted(pdf: Pdf, text: string, width: number, style: TextStyle): string {
  // No line holds more letters than this; measuring a novel takes its time.
  const letters = [...text].slice(0, 400);
  if (widthOf(pdf, letters.join(''), style) <= width) return letters.join('');
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (widthOf(pdf, letters.slice(0, middle).join('').trimEnd() + ELLIPSIS, style) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : letters.slice(0, low).join('').trimEnd() + ELLIPSIS;
}

interface Run {
  readonly text: string;
  /** Of the fonts of its weight. */
  readonly place: 0 | 1;
}

/** Stretches of one font each: the first that has the letters. */
function runsOf(pdf: Pdf, text: string, style: TextStyle): Run[] {
  const runs: { text: string; place: 0 | 1 }[] = [];
  choose(pdf, 0, style);
  const has = glyphsOf(pdf);
  for (const letter of text) {
    const last = runs.at(-1);
    const place = letter === ' ' ? (last?.place ?? 0) : has(letter.codePointAt(0) ?? 0) ? 0 : 1;
    if (last?.place === place) last.text += letter;
    else runs.push({ text: letter, place });
  }
  return runs;
}

function choose(pdf: Pdf, place: 0 | 1, { weight = 'regular', size }: TextStyle): void {
  pdf.font(PATHS[weight][place]).fontSize(size);
}

/** Which letters the chosen font has; its types do not tell of the font inside. */
function glyphsOf(pdf: Pdf): (codePoint: number) => boolean {
  const { font } = (pdf as unknown as { _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } } })._font;
  return (codePoint) => font.hasGlyphForCodePoint(codePoint);
}
