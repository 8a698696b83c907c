import { expect, test } from 'vitest';
import { readSampled, sampledStep } from './sampled-windows.ts';

const every = (ms: number, count: number, skip: readonly number[] = []) =>
  Array.from({ length: count }, (_, index) => index * ms).filter((_, index) => !skip.includes(index));

test.each([
  ['a sample in every window', every(30, 20), 30],
  ['one in every second window', every(60, 20), 60],
  ['one or two windows apart', [0, 30, 90, 120, 180, 240, 270, 330], 60],
  ['one that is lost now and then', every(30, 20, [4, 11]), 30],
  ['a long silence in between', [...every(30, 10), ...every(30, 10).map((t) => t + 9_000)], 30],
  ['too few to tell', [0, 60, 120], 30],
  ['rarer than any window of a chart', every(600, 10), 30],
  ['nothing', [], 30],
])('%s', (_, times, step) => {
  expect(sampledStep(times, 30)).toBe(step);
});

test('what comes seldom is asked for once more, in windows as long', async () => {
  const asked: number[] = [];
  const answer = await readSampled(
    30,
    async (stepMs) => {
      asked.push(stepMs);
      return { stepMs };
    },
    () => [every(30, 20), every(60, 20)],
  );
  expect([asked, answer]).toEqual([[30, 60], { stepMs: 60 }]);
});
