import { expect, test } from 'vitest';
import type { StatusSpan } from './status-timeline.ts';
import { bandName, spanAt, statesIn, stateWords } from './status-words.ts';

const span = (from: number, to: number, state: StatusSpan['state'], severity: StatusSpan['severity'] = null) => ({
  from,
  to,
  state,
  severity,
});

test('a moment has the span that holds it, and none in a gap', () => {
  const spans = [span(0, 10, 'online'), span(20, 30, 'offline')];
  expect([0, 9, 10, 20, 30].map((t) => spanAt(spans, t)?.state ?? null)).toEqual(['online', 'online', null, 'offline', null]);
});

test('a legend names each state once, with what a firing alert is worth', () => {
  const spans = [
    span(0, 1, 'firing', 'error'),
    span(1, 2, 'pending', 'warning'),
    span(2, 3, 'firing', 'warning'),
    span(3, 4, 'firing', 'error'),
  ];
  const states = statesIn([{ spans }]);
  expect(states.map(stateWords)).toEqual(['Pending', 'Warning fires', 'Error fires']);
});

test('a band is called by its rule, and by its agent where there are several', () => {
  expect(bandName({ key: 'a', rule: null }, false)).toBe('Status');
  expect(bandName({ key: 'a', rule: null }, true)).toBe('a');
  expect(bandName({ key: 'a', rule: 'Silence' }, true)).toBe('Silence, a');
});
