import { expect, it } from 'vitest';
import { createScreenLatency } from './screen-latency.ts';

it('knows nothing before two messages have shown progress', () => {
  const latency = createScreenLatency(0);
  latency.shown(1_000, 1_100);
  expect(latency.summary(1_100)).toEqual({ p50: null, p99: null, samples: 0 });
});

it('samples the log time between two messages, as seen from when the later one left', () => {
  const latency = createScreenLatency(0);
  latency.shown(1_000, 1_100);
  latency.shown(1_250, 1_350);
  // 1,025 to 1,250 in steps of 25 ms: between 100 and 325 ms old.
  const { p50, p99, samples } = latency.summary(1_350);
  expect(samples).toBe(10);
  expect(p50).toBe(225);
  expect(p99).toBe(325);
});

it('does not count a message that brings nothing new', () => {
  const latency = createScreenLatency(0);
  latency.shown(1_000, 1_100);
  latency.shown(1_000, 9_000);
  latency.shown(900, 9_100);
  expect(latency.summary(9_100).samples).toBe(0);
});

it('forgets after five minutes', () => {
  const latency = createScreenLatency(0);
  latency.shown(1_000, 1_000);
  latency.shown(2_000, 2_000);
  expect(latency.summary(2_000 + 300_000).samples).toBe(40);
  expect(latency.summary(2_001 + 300_000).samples).toBe(0);
});

it('does not count what was appended before it began', () => {
  const latency = createScreenLatency(2_000);
  latency.shown(500, 2_100);
  latency.shown(2_100, 2_200);
  expect(latency.summary(2_200)).toEqual({ p50: 150, p99: 175, samples: 4 });
});
