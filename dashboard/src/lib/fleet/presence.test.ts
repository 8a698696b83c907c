import { expect, test } from 'vitest';
import { countByStatus, GRACE_MS, presence } from './presence.ts';

test('agents count from their first sign of life, and as silent a while after their last', () => {
  const agents = [
    { first_seen: 0, last_seen: 500_000, status: 'online' as const },
    { first_seen: 200_000, last_seen: 300_000 - GRACE_MS, status: 'offline' as const },
  ];
  expect(presence(agents, 0, 500_000, 100_000)).toEqual([
    { t: 0, answering: 1, silent: 0 },
    { t: 100_000, answering: 1, silent: 0 },
    { t: 200_000, answering: 2, silent: 0 },
    { t: 300_000, answering: 1, silent: 1 },
    { t: 400_000, answering: 1, silent: 1 },
  ]);
});

test('what began before the range counts from its start', () => {
  expect(presence([{ first_seen: -1e9, last_seen: 50, status: 'busy' }], 0, 20, 10)[0]).toEqual({
    t: 0,
    answering: 1,
    silent: 0,
  });
});

test('of the time before the first agent nothing is said', () => {
  expect(presence([{ first_seen: 15, last_seen: 50, status: 'busy' }], 0, 30, 10).map((one) => one.t)).toEqual([10, 20]);
  expect(presence([], 0, 30, 10)).toEqual([]);
});

test('agents are counted by status', () => {
  expect(countByStatus([{ status: 'busy' }, { status: 'busy' }, { status: 'offline' }])).toEqual({
    online: 0,
    busy: 2,
    offline: 1,
  });
});
