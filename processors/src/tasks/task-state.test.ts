import { TASK_PRIORITIES, TASK_STATUSES, type TaskEvent } from '@fleetbeat/contracts/events.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyTaskEvent, taskOf, type TaskState } from './task-state.ts';

function fold(events: readonly { event: TaskEvent; ts: number }[]): TaskState {
  let state: TaskState | null = null;
  for (const { event, ts } of events) state = applyTaskEvent(state, event, ts);
  if (state === null) throw new Error('no events');
  return state;
}

const step = fc.record({
  ts: fc.integer({ min: 1, max: 6 }),
  event: fc.record(
    {
      task_id: fc.constant('task-1'),
      status: fc.constantFrom(...TASK_STATUSES),
      seq: fc.nat({ max: 2 }),
      name: fc.constantFrom('a', 'b'),
      priority: fc.constantFrom(...TASK_PRIORITIES),
      agent_id: fc.constantFrom('x', 'y'),
      progress: fc.nat({ max: 3 }),
      result: fc.constantFrom<unknown>(null, 1, { a: 1 }, 'r'),
    },
    { requiredKeys: ['task_id', 'status'] },
  ),
});

describe('a task', () => {
  test('ends in the same state whatever the order of its events', () => {
    fc.assert(
      fc.property(
        fc
          .array(step, { minLength: 1, maxLength: 8 })
          .chain((steps) =>
            fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, { minLength: steps.length, maxLength: steps.length })),
          ),
        ([steps, shuffled]) => {
          expect(fold(shuffled)).toEqual(fold(steps));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('keeps its name when a later event has none', () => {
    const state = fold([
      { ts: 1, event: { task_id: 't', status: 'pending', name: 'Draft the report' } },
      { ts: 2, event: { task_id: 't', status: 'in_progress' } },
    ]);
    expect(state).toMatchObject({ name: 'Draft the report', status: 'in_progress', started_at: 2, attempts: 1 });
  });

  test('a late event of an earlier step does not take a finished task back', () => {
    const state = fold([
      { ts: 5_000, event: { task_id: 't', status: 'completed' } },
      { ts: 1_000, event: { task_id: 't', status: 'in_progress' } },
    ]);
    expect(taskOf(state)).toMatchObject({ status: 'completed', completed_at: 5_000, duration_seconds: 4 });
  });

  test('a retry opens a failed task again', () => {
    const state = fold([
      { ts: 1, event: { task_id: 't', status: 'in_progress' } },
      { ts: 2, event: { task_id: 't', status: 'failed', error: 'timeout' } },
      { ts: 3, event: { task_id: 't', status: 'in_progress' } },
    ]);
    expect(taskOf(state)).toMatchObject({ status: 'in_progress', attempts: 2, completed_at: null, error: 'timeout' });
  });
});
