import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { paced } from './paced.ts';

const logger = createLogger('test', 'silent');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('runs at once when asked after a quiet while, and then keeps its distance', async () => {
  const began: number[] = [];
  const start = performance.now();
  const task = paced('test', 250, logger, () => {
    began.push(performance.now() - start);
    return Promise.resolve();
  });
  for (let i = 0; i < 10; i++) {
    task.request();
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(5_000);
  expect(began).toEqual([0, 250, 500, 750, 1_000]);
});

it('runs again for what was asked while it ran, never twice at a time', async () => {
  let atOnce = 0;
  let most = 0;
  let runs = 0;
  const task = paced('test', 100, logger, async () => {
    most = Math.max(most, ++atOnce);
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 300));
    atOnce--;
  });
  task.request();
  await vi.advanceTimersByTimeAsync(150);
  task.request();
  await vi.advanceTimersByTimeAsync(2_000);
  expect([runs, most]).toEqual([2, 1]);
});

it('tries again after a failure', async () => {
  let runs = 0;
  const task = paced('test', 100, logger, () => (++runs < 3 ? Promise.reject(new Error('away')) : Promise.resolve()));
  task.request();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(runs).toBe(3);
});

it('does nothing more once stopped', async () => {
  let runs = 0;
  const task = paced('test', 100, logger, () => Promise.resolve(void runs++));
  task.request();
  await task.stop();
  task.request();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(runs).toBe(0);
});
