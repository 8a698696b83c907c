import { expect, it } from 'vitest';
import { pendingOfAgents } from './earlier-run.ts';

it.each([
  { what: 'nothing', all: 0, lags: [], left: 0 },
  {
    what: 'hosts and tasks alone',
    all: 5,
    lags: [
      ['host-events', 3],
      ['task-events', 2],
    ],
    left: 0,
  },
  {
    what: 'agents too',
    all: 5,
    lags: [
      ['agent-events', 4],
      ['host-events', 1],
    ],
    left: 4,
  },
  {
    what: 'a partition that nobody has read',
    all: 7,
    lags: [
      ['agent-events', 0],
      ['host-events', 1],
    ],
    left: 6,
  },
] as const)('waits for $left events where $what are behind', ({ all, lags, left }) => {
  const sources = lags.map(([topic, lag], source) => ({
    source,
    topic,
    partition: 0,
    end_offset: 0,
    stored_offset: 0,
    last_cut_at: null,
    aggregated: 0,
    duplicate: 0,
    dead_lettered: 0,
    late: 0,
    lag_events: lag,
  }));
  expect(pendingOfAgents({ lag_events: all, sources })).toBe(left);
});
