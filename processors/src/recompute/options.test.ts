import { expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.ts';
import { progressLine } from './progress-line.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const FROM = Date.parse('2026-03-01T00:00:00Z');

it('takes times as text and as numbers, and ends now where nothing is said', () => {
  expect(parseOptions(['--from', '2026-03-01T01:00:00+01:00'], NOW)).toEqual({ from: FROM, to: NOW });
  expect(parseOptions(['--from', String(FROM), '--to', '2026-03-01T00:00:00.001Z'], NOW)).toEqual({ from: FROM, to: FROM + 1 });
  expect(parseOptions(['-h'], NOW)).toBe('help');
});

it.each<[string[], string]>([
  [[], '--from is missing'],
  [['--from', 'yesterday'], '--from: must be epoch milliseconds or an RFC 3339 time'],
  [['--from', '0', '--to', '2026-03-01'], '--to: must be epoch milliseconds or an RFC 3339 time'],
  [['--from', '8640000000000001'], '--from: Too big'],
  [['--from', String(NOW)], '--from: must lie before to'],
  [['--from', '0', '--hours', '3'], "Unknown option '--hours'"],
  [['--from', '0', 'now'], 'Unexpected argument'],
])('says what is wrong with %j', (args, message) => {
  expect(() => parseOptions(args, NOW)).toThrow(UsageError);
  expect(() => parseOptions(args, NOW)).toThrow(message);
});

it('tells how far it is', () => {
  const progress = { sources: 4, sourcesDone: 1, records: 1_000, recordsRead: 250 };
  expect(progressLine(progress, 500)).toBe('25%: 250 of 1000 records, 1 of 4 partitions, 500 records/s, 2 s left');
  expect(progressLine({ ...progress, recordsRead: 1 }, 1_000)).toContain('1 records/s, 16 min 39 s left');
  expect(progressLine({ sources: 0, sourcesDone: 0, records: 0, recordsRead: 0 }, 0)).toContain('100%: 0 of 0 records');
});
