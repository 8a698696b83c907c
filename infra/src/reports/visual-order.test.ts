import { expect, it } from 'vitest';
import { visualOrder } from './visual-order.ts';

it.each([
  ['Night watch 24/7', ['Night watch 24/7']],
  ['夜間 당직', ['夜間 당직']],
  ['שלום עולם', ['עולם', ' ', 'שלום']],
  ['agent-7: שלום עולם now', ['agent-7: ', 'עולם', ' ', 'שלום', ' now']],
  ['סה"כ 1,200 הודעות', ['הודעות', ' ', '1,200', ' ', 'סה"כ']],
  ['(שלום) abc', ['abc', ' ', ')שלום(']],
  ['مراقبة الليل', ['الليل', ' ', 'مراقبة']],
])('%s stands in order', (line, parts) => {
  expect(visualOrder(line).map(({ text }) => text)).toEqual(parts);
});

it('loses and adds nothing', () => {
  const line = 'a שלום (b 12) עולם! ئاگادارکردنەوە 3%';
  const letters = (text: string) => [...text].filter((letter) => !'()'.includes(letter)).sort();
  expect(
    letters(
      visualOrder(line)
        .map(({ text }) => text)
        .join(''),
    ),
  ).toEqual(letters(line));
});

it('is turned by the font where it is a word, and here where it is not', () => {
  expect(visualOrder('שלום (?) abc').filter(({ turned }) => turned)).toEqual([{ text: 'שלום', turned: true, level: 1 }]);
  expect(visualOrder('שלום (?) עולם').map(({ text }) => text)).toContain('(?)');
});
