import { layerSchema } from '@fleetbeat/contracts/on-call.ts';
import { expect, test } from 'vitest';
import { afterText, layerText, repeatText } from './schedule-words.ts';

const LAYER = { name: 'Weeks', users: ['ann', 'bob'], starts_on: '2026-01-05', turn: { unit: 'weeks', count: 1 } } as const;
const nameOf = (who: string) => who.toUpperCase();

test.each([
  [{}, 'ANN, BOB take turns of 1 week, handed over at 09:00, from 2026-01-05'],
  [{ turn: { unit: 'hours', count: 12 } }, 'ANN, BOB take turns of 12 hours, from 2026-01-05'],
  [
    { users: ['ann'], ends_on: '2026-02-01', times: [{ weekdays: ['sat'], from: '22:00', to: '06:00' }] },
    'ANN, only Sat 22:00 – 06:00, from 2026-01-05 to 2026-02-01',
  ],
])('a layer with %j reads as "%s"', (more, text) =>
  expect(layerText(layerSchema.parse({ ...LAYER, ...more }), nameOf)).toBe(text),
);

test('steps say when they come', () => {
  expect([afterText(0, 0), afterText(0, 1), afterText(300, 1)]).toEqual([
    'At once',
    'Together with the step before',
    'After 5 minutes',
  ]);
  expect(repeatText({ times: 0, after_s: 60 })).toBeNull();
  expect(repeatText({ times: 2, after_s: 600 })).toBe('All steps again 2 times, 10 minutes after the last');
});
