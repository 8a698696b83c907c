import type { BacktestAnswer } from '@fleetbeat/contracts/backtest.ts';
import { expect, it } from 'vitest';
import { backtestSentence } from './backtest-words.ts';

it.each<readonly [fired: number, pages: number, people: number, sentence: string]>([
  [0, 0, 0, 'Would not have fired.'],
  [1, 0, 0, 'Would have fired once, paged nobody, for 2 hours in total.'],
  [14, 5, 3, 'Would have fired 14 times, paged 3 people 5 times, for 2 hours in total.'],
  [2, 1, 1, 'Would have fired 2 times, paged 1 person once, for 2 hours in total.'],
])('%i alerts, %i pages, %i people', (fired, pages, people, sentence) => {
  const telling = { pages, people: Array.from({ length: people }, (_, i) => ({ id: `${i}`, name: 'x', count: 1 })) };
  expect(backtestSentence({ fired, firing_ms: 7_200_000, telling } as unknown as BacktestAnswer)).toBe(sentence);
});
