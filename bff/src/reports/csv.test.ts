import * as fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { csvCell, csvLine, readable } from './csv.ts';

test.each<[unknown, string]>([
  [null, ''],
  [undefined, ''],
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  [-4.5, '-4.5'],
  [true, 'true'],
  [{ env: 'prod' }, '"{""env"":""prod""}"'],
  [['a', 'b'], '"[""a"",""b""]"'],
])('%j is written %s', (value, text) => expect(csvCell(value)).toBe(text));

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =cmd', '=HYPERLINK("http://evil")', '|calc', '＝1'])(
  'a spreadsheet does not run %j',
  (text) => expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/),
);

it('gives back what was put in, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), (cells) => {
      const read = parse(csvLine(cells)).map((cell, index) => (cell === `'${cells[index]}` ? cells[index] : cell));
      expect(read).toEqual(cells);
    }),
  );
});

it('writes times as times, and counts as counts', () => {
  expect(readable('last_seen', 1_800_000_000_000)).toBe('2027-01-15T08:00:00.000Z');
  expect(readable('total_messages', 1_800_000_000_000)).toBe(1_800_000_000_000);
  expect(readable('created_at', null)).toBeNull();
});

/** One line, as RFC 4180 has it. */
function parse(line: string): string[] {
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,"]*))(,|\r\n$)/gsy;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') break;
  }
  return cells;
}
