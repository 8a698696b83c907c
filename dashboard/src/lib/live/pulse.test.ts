import { expect, test } from 'vitest';
import { Pulse } from './pulse.ts';

test('the rate is what came in the whole seconds before now', () => {
  const pulse = new Pulse();
  pulse.add(1_000, 10, 0);
  pulse.add(1_900, 10, 1);
  pulse.add(5_100, 30, 0);
  pulse.add(6_200, 1_000, 0);
  expect(pulse.rate(6_500, 5)).toBe(10);
});

test('silence brings the rate down to zero', () => {
  const pulse = new Pulse();
  pulse.add(1_000, 10, 0);
  expect(pulse.rate(60_000)).toBe(0);
});

test('before anything is known there is no rate', () => expect(new Pulse().rate(1_000)).toBeNull());

test('a window that shrinks, as on a takeover, counts as nothing', () => {
  const pulse = new Pulse();
  pulse.add(1_000, -5, -1);
  expect(pulse.last(2_000, 1)).toEqual([{ t: 1_000, events: 0, errors: 0 }]);
});

test('the time before the first message is filled from windows, the open one over what has passed of it', () => {
  const pulse = new Pulse();
  pulse.fill(
    [
      { t: 0, total_messages: 90, total_heartbeats: 10, total_errors: 10 },
      { t: 10_000, total_messages: 20, total_heartbeats: 0, total_errors: 0 },
    ],
    10_000,
    14_000,
  );
  expect(pulse.last(14_000, 6).map((beat) => beat.events)).toEqual([10, 10, 5, 5, 5, 5]);
});

test('old seconds are forgotten', () => {
  const pulse = new Pulse(10);
  for (let second = 0; second < 100; second += 1) pulse.add(second * 1_000, 1, 0);
  expect(pulse.last(100_000, 100).reduce((sum, beat) => sum + beat.events, 0)).toBe(11);
});
