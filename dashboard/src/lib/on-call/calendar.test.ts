import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTimeZone } from '../format/format-time.ts';
import { clockChangesIn, gapsText, isOfMonth, momentAt, placedIn, shareAt, turned, weeksOf } from './calendar.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const iso = (t: number | undefined) => new Date(t ?? NaN).toISOString().slice(0, 16);

beforeAll(() => useTimeZone('utc'));
afterAll(() => useTimeZone('local'));

describe('the days of a calendar', () => {
  it('are a week from Monday on', () => {
    const [week = []] = weeksOf('week', at('2026-03-04T15:00'));
    expect([week.length, iso(week[0]?.from), iso(week[6]?.to)]).toEqual([7, '2026-03-02T00:00', '2026-03-09T00:00']);
    // A Monday at midnight, and a Sunday, are of the same week.
    for (const day of ['2026-03-02T00:00', '2026-03-08T23:59'])
      expect(weeksOf('week', at(day))[0]?.[0]?.from).toBe(week[0]?.from);
    expect(iso(weeksOf('week', at('1969-12-31T12:00'))[0]?.[0]?.from)).toBe('1969-12-29T00:00');
  });

  it('are every week that has a day of the month', () => {
    const weeks = weeksOf('month', at('2026-03-04T15:00'));
    expect([weeks.length, iso(weeks[0]?.[0]?.from), iso(weeks.at(-1)?.[6]?.to)]).toEqual([
      6,
      '2026-02-23T00:00',
      '2026-04-06T00:00',
    ]);
    expect(weeks.flat().filter((day) => isOfMonth(day, at('2026-03-04T15:00')))).toHaveLength(31);
  });

  it('are turned by a week or a month', () => {
    expect(iso(turned('week', at('2026-03-04T15:00'), 1))).toBe('2026-03-09T00:00');
    expect(iso(turned('week', at('2026-03-04T15:00'), -1))).toBe('2026-02-23T00:00');
    expect(iso(turned('month', at('2026-01-31T15:00'), 1))).toBe('2026-02-01T00:00');
    expect(iso(turned('month', at('2026-01-31T15:00'), -1))).toBe('2025-12-01T00:00');
  });

  it('are 23 and 25 hours long where the clocks change', () => {
    const script = `
      const { weeksOf } = await import(${JSON.stringify(import.meta.resolve('./calendar.ts'))});
      const hours = (text) => weeksOf('week', Date.parse(text))[0].map(({ from, to }) => (to - from) / 3600000);
      console.log(JSON.stringify([hours('2026-03-25T12:00Z'), hours('2026-10-21T12:00Z')]));`;
    const env = { ...process.env, TZ: 'Europe/Berlin' };
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
    expect(JSON.parse(text)).toEqual([
      [24, 24, 24, 24, 24, 24, 23],
      [24, 24, 24, 24, 24, 24, 25],
    ]);
  });
});

describe('stretches of a week', () => {
  const [week = []] = weeksOf('week', at('2026-03-04T15:00'));
  const stretch = (from: string, to: string) => ({ from: at(from), to: at(to), user_id: 'ann', by: 'Weeks' });

  it('stand where their days are, and are cut where the week is', () => {
    const placed = placedIn(week, [
      stretch('2026-02-20T00:00', '2026-03-02T12:00'),
      stretch('2026-03-03T00:00', '2026-03-04T00:00'),
      stretch('2026-03-08T12:00', '2026-03-20T00:00'),
      stretch('2026-03-09T00:00', '2026-03-10T00:00'),
    ]);
    expect(placed.map(({ left, width, before, after }) => [left * 14, Math.round(width * 14), before, after])).toEqual([
      [0, 1, true, false],
      [2, 2, false, false],
      [13, 1, false, true],
    ]);
  });

  it('are drawn to the half hour, where the hand was', () => {
    for (const text of ['2026-03-02T00:00', '2026-03-04T17:30', '2026-03-08T23:30'])
      expect(iso(momentAt(week, shareAt(week, at(text)) + 0.0005))).toBe(text);
    expect([iso(momentAt(week, -1)), iso(momentAt(week, 2))]).toEqual(['2026-03-02T00:00', '2026-03-09T00:00']);
  });

  it('begin and end with the week at the latest', () => {
    expect([shareAt(week, 0), shareAt(week, at('2027-01-01T00:00'))]).toEqual([0, 1]);
  });
});

it('gaps are summed up', () => {
  expect(gapsText([])).toBeNull();
  const hour = 3_600_000;
  expect(gapsText([{ from: 0, to: 4 * hour }])).toBe('Nobody is on call for 4 hours of the next 28 days');
  expect(gapsText(Array.from({ length: 20 }, (_, i) => ({ from: i * 9 * hour, to: i * 9 * hour + hour })))).toContain(
    'at least 20 hours',
  );
});

it('the clocks of a zone change to the minute', () => {
  const year = [at('2026-01-01T00:00'), at('2027-01-01T00:00')] as const;
  expect(clockChangesIn('Europe/Berlin', ...year).map(({ t, byMinutes }) => [iso(t), byMinutes])).toEqual([
    ['2026-03-29T01:00', 60],
    ['2026-10-25T01:00', -60],
  ]);
  expect(clockChangesIn('Australia/Lord_Howe', ...year).map(({ byMinutes }) => byMinutes)).toEqual([-30, 30]);
  expect([clockChangesIn('UTC', ...year), clockChangesIn('Nowhere/Land', ...year)]).toEqual([[], []]);
});
