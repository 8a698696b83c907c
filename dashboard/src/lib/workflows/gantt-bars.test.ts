import { describe, expect, it } from 'vitest';
import type { Workflow } from '@fleetbeat/contracts/workflows.ts';
import { axisOf, barsOf, workedMs } from './gantt-bars.ts';
import { openTasks, partsText, taskParts } from './task-parts.ts';

const T = Date.UTC(2026, 2, 1, 12);
const spans = [
  { from: T, to: T + 10_000, agent_id: 'agent-1', outcome: 'expired' as const },
  { from: T + 20_000, to: null, agent_id: null, outcome: null },
];

describe('the bars of a task', () => {
  it('has one for each attempt, and what goes on reaches up to now', () => {
    const bars = barsOf({ spans }, [T, T + 40_000], T + 30_000);
    expect(bars.map(({ from, to, tone }) => [from, to, tone])).toEqual([
      [0, 0.25, 'lost'],
      [0.5, 0.75, 'running'],
    ]);
    expect(bars[0]?.words).toMatch(/^Attempt 1 by agent-1: lease ran out, from .+, 10 s$/);
    expect(bars[1]?.words).toMatch(/^Attempt 2: goes on, /);
  });

  it('adds up what was worked, and is null where nobody has begun', () => {
    expect(workedMs({ spans }, T + 30_000)).toBe(20_000);
    expect(workedMs({ spans: [] }, T)).toBeNull();
  });
});

describe('the axis of a workflow', () => {
  const timeline = (ended: number | null) => ({ from: T, to: T + 5_000, workflow: { ended_at: ended } as Workflow });

  it('grows while it runs, and stands once it has ended', () => {
    expect(axisOf(timeline(null), T + 60_000)).toEqual([T, T + 60_000]);
    expect(axisOf(timeline(T + 5_000), T + 60_000)).toEqual([T, T + 5_000]);
  });

  it('is never empty', () => {
    expect(axisOf({ ...timeline(T), to: T }, T)).toEqual([T, T + 1_000]);
  });
});

describe('what the tasks do, in words', () => {
  const tasks = { total: 8, pending: 1, waiting: 1, in_progress: 1, completed: 3, failed: 2, cancelled: 0 };

  it('says what is done, and what needs a look', () => {
    expect(partsText(tasks)).toBe('3 of 8 done, 1 running, 2 failed');
    expect(partsText({ ...tasks, total: 0 })).toBe('No tasks yet');
  });

  it('has no part for what there is none of', () => {
    expect(taskParts(tasks).map(({ kind, count }) => [kind, count])).toEqual([
      ['completed', 3],
      ['in_progress', 1],
      ['failed', 2],
      ['pending', 2],
    ]);
    expect(openTasks(tasks)).toBe(3);
  });
});
