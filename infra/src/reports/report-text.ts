import { fileURLToPath } from 'node:url';
import type PDFDocument from 'pdfkit';
import { visualOrder } from './visual-order.ts';

/** Text on paper: in the fonts of the pages, with another for the letters that they lack, cut to its width. */

export type Pdf = InstanceType<typeof PDFDocument>;

const FONTS = '@expo-google-fonts';
const FILES = {
  regular: [
    `${FONTS}/inter/400Regular/Inter_400Regular.ttf`,
    'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
    `${FONTS}/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf`,
    `${FONTS}/nanum-gothic/400Regular/NanumGothic_400Regular.ttf`,
  ],
  bold: [
    `${FONTS}/inter/600SemiBold/Inter_600SemiBold.ttf`,
    'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
    `${FONTS}/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf`,
    `${FONTS}/nanum-gothic/700Bold/NanumGothic_700Bold.ttf`,
  ],
} as const;
type Weight = keyof typeof FILES;
/** Of the fonts of a weight. Those of the last two are large: they are read where a letter needs them, and only its shape is kept. */
type Place = 0 | 1 | 2 | 3;

const PATHS = Object.fromEntries(
  Object.entries(FILES).map(([weight, files]) => [weight, files.map((file) => fileURLToPath(import.meta.resolve(file)))]),
) as Record<Weight, [string, string, string, string]>;

const KOREAN = /\p{Script=Hangul}/u;
/** Chinese and Japanese, with their punctuation and letters of full width. */
const CHINESE = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\u3000-\u303f\uff00-\uffef]/u;
/** Lines may end before each of these, and after spaces. */
const BREAKS = /(?<= )|(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/u;

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
  const line = fitted(pdf, clean(text).trim(), width, style);
  const length = widthOf(pdf, line, style);
  const start = style.align === 'right' ? x + width - length : style.align === 'center' ? x + (width - length) / 2 : x;
  let at = start;
  pdf.fillColor(style.color);
  choose(pdf, 0, style);
  // Letters of all fonts stand on the line of the first.
  const base = y + (ascenderOf(pdf) / 1_000) * style.size;
  for (const run of runsOf(pdf, line, style)) {
    choose(pdf, run.place, style);
    pdf.text(run.text, at, base, { lineBreak: false, baseline: 'alphabetic' });
    at += pdf.widthOfString(run.text);
  }
}

/** Writes text of several lines into a box; what does not fit is left out. */
export function drawText(pdf: Pdf, text: string, box: Box, style: TextStyle): void {
  const leading = style.size * 1.4;
  let y = box.y;
  for (const paragraph of text.split('\n')) {
    for (const line of wrapped(pdf, clean(paragraph), box.width, style)) {
      if (y + leading > box.y + box.height) return;
      drawLine(pdf, line, box.x, y, box.width, style);
      y += leading;
    }
  }
}

function clean(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/g, ' ').replaceAll(UNSEEN, '');
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
  for (const piece of text.split(BREAKS)) {
    if (line !== '' && widthOf(pdf, (line + piece).trimEnd(), style) > width) {
      lines.push(line);
      line = piece;
    } else line += piece;
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
  readonly place: Place;
}

/** Stretches of one font each, from left to right. */
function runsOf(pdf: Pdf, line: string, style: TextStyle): Run[] {
  const runs: { text: string; place: Place }[] = [];
  choose(pdf, 0, style);
  const has = glyphsOf(pdf);
  for (const { text, turned } of visualOrder(line)) {
    if (turned) {
      runs.push({ text, place: 1 });
      continue;
    }
    let last: { text: string; place: Place } | undefined;
    for (const letter of text) {
      // A space is of the first font too: the empty letter of a large one cannot always be measured.
      const place = letter === ' ' || has(letter.codePointAt(0) ?? 0) ? 0 : placeOf(letter);
      if (last?.place === place) last.text += letter;
      else runs.push((last = { text: letter, place }));
    }
  }
  return runs;
}

/** Where a letter is that the first font lacks. */
function placeOf(letter: string): Place {
  if (KOREAN.test(letter)) return 3;
  return CHINESE.test(letter) ? 2 : 1;
}

function choose(pdf: Pdf, place: Place, { weight = 'regular', size }: TextStyle): void {
  pdf.font(PATHS[weight][place]).fontSize(size);
}

/** The font inside the chosen one, of which its types do not tell. */
interface ChosenFont {
  readonly _font: { readonly ascender: number; readonly font: { hasGlyphForCodePoint(codePoint: number): boolean } };
}

/** Which letters the chosen font has. */
function glyphsOf(pdf: Pdf): (codePoint: number) => boolean {
  const { font } = (pdf as unknown as ChosenFont)._font;
  return (codePoint) => font.hasGlyphForCodePoint(codePoint);
}

/** How far letters of the chosen font reach above their line, in thousandths of their size. */
function ascenderOf(pdf: Pdf): number {
  return (pdf as unknown as ChosenFont)._font.ascender;
}
