import { expect, test } from 'vitest';
import { intervalText, matcherText, timesText } from './silence-words.ts';

test('matchers read as comparisons', () => {
  expect(matcherText({ label: 'team', op: '=', value: 'search' })).toBe('team = search');
  expect(matcherText({ label: 'team', op: '!=', value: '' })).toBe('team ≠ nothing');
  expect(matcherText({ label: 'agent', op: '!~', value: 'web-.*' })).toBe('agent not like web-.*');
});

test('times that come again say when', () => {
  const night = { weekdays: ['sat', 'sun'], from: '02:00', to: '04:00' } as const;
  expect(timesText({ time_zone: 'Europe/Berlin', intervals: [{ ...night, weekdays: [...night.weekdays] }] })).toBe(
    'Sat, Sun 02:00 – 04:00, Europe/Berlin',
  );
  expect(intervalText({ days_of_month: [1, -1], months: [12], from: '00:00', to: '24:00' })).toBe(
    'on the 1, last of the month in Dec all day',
  );
});
