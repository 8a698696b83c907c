import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alertSpans, statusSpans, type Hearing } from './status-spans.ts';

const hearing: Hearing = { from: 100, to: 200, stepMs: 10, offlineMs: 30, firstSeen: 0, knownTo: 200 };
const heard = (...times: number[]) => times.map((t) => ({ t, active: false }));
const spans = (...args: Parameters<typeof statusSpans>) => statusSpans(...args).map(({ from, to, state }) => [from, to, state]);

test.each<[string, number[], Partial<Hearing>, unknown]>([
  ['heard all along', [90, 110, 130, 150, 170, 190], {}, [[100, 200, 'online']]],
  [
    'a pause',
    [100, 130, 190],
    {},
    [
      [100, 140, 'online'],
      [140, 190, 'offline'],
      [190, 200, 'online'],
    ],
  ],
  ['never', [], {}, [[100, 200, 'offline']]],
  ['not before it was first seen', [150, 180], { firstSeen: 150 }, [[150, 200, 'online']]],
  [
    'seen long ago, and again',
    [180],
    {},
    [
      [100, 180, 'offline'],
      [180, 200, 'online'],
    ],
  ],
  ['silent since before the range', [60], {}, [[100, 200, 'offline']]],
  ['what is not known yet is left open', [100, 120], { knownTo: 140 }, [[100, 140, 'online']]],
])('%s', (_, times, more, expected) => {
  expect(spans(heard(...times), { ...hearing, ...more })).toEqual(expected);
});

test('messages are told from signs of life', () => {
  expect(
    spans(
      [
        { t: 100, active: true },
        { t: 110, active: false },
      ],
      { ...hearing, to: 140, knownTo: 140 },
    ),
  ).toEqual([
    [100, 110, 'active'],
    [110, 140, 'online'],
  ]);
});

test('whatever is heard, spans lie in the range, in order, and never over each other', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 5, max: 25 }), { maxLength: 20 }),
      fc.integer({ min: 0, max: 250 }),
      fc.integer({ min: 90, max: 250 }),
      (windows, firstSeen, knownTo) => {
        const times = windows.map((window) => window * 10).sort((a, b) => a - b);
        const known = { ...hearing, firstSeen: Math.min(firstSeen, times[0] ?? firstSeen), knownTo };
        let last = known.from;
        for (const span of statusSpans(heard(...times.filter((t) => t < knownTo)), known)) {
          expect(span.from).toBeGreaterThanOrEqual(last);
          expect(span.to).toBeGreaterThan(span.from);
          last = span.to;
        }
        expect(last).toBeLessThanOrEqual(Math.max(known.from, Math.min(known.to, knownTo)));
      },
    ),
  );
});

test('an alert is pending, then fires with what it is worth, until it is resolved', () => {
  const transitions = [
    { at: 50, to_state: 'pending', severity: 'warning' },
    { at: 120, to_state: 'firing', severity: 'warning' },
    { at: 150, to_state: 'firing', severity: 'error' },
    { at: 180, to_state: 'resolved', severity: 'error' },
  ] as const;
  expect(alertSpans(transitions, hearing).map(({ from, to, state, severity }) => [from, to, state, severity])).toEqual([
    [100, 120, 'pending', 'warning'],
    [120, 150, 'firing', 'warning'],
    [150, 180, 'firing', 'error'],
  ]);
  expect(alertSpans(transitions.slice(0, 2), hearing).at(-1)?.to).toBe(200);
});
