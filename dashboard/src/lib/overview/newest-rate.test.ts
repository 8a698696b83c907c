import { expect, test } from 'vitest';
import { newestRate } from './newest-rate.ts';

const window = (t: number, messages: number) => ({ t, total_messages: messages, total_heartbeats: 10 });

test.each([
  ['the last minute of short windows', [window(0, 990), window(60_000, 20), window(90_000, 60)], 10_000, 120_000, 100 / 60],
  ['the window that is open, by what has passed of it', [window(0, 990), window(300_000, 50)], 300_000, 330_000, 1_060 / 330],
  ['silence since', [window(0, 990)], 10_000, 300_000, 0],
  ['nothing at all', [], 10_000, 300_000, null],
])('%s', (_, points, stepMs, knownTo, rate) => expect(newestRate(points, stepMs, knownTo)).toBe(rate));
