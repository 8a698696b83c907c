import { TASK_PRIORITIES, TASK_STATUSES, type TaskEvent } from './events.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyTaskChange,
  applyTaskEvent,
  deletedTask,
  taskOf,
  versionAfter,
  type TaskFields,
  type TaskState,
  type Version,
} from './task-state.ts';
import { TASK_TRANSITIONS, hasEnded, mayFollow } from './task-transitions.ts';

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

const change = fc.record(
  {
    name: fc.constantFrom('mine', null),
    status: fc.constantFrom(...TASK_STATUSES),
    agent_id: fc.constantFrom('x', null),
    progress: fc.nat({ max: 3 }),
    result: fc.constantFrom<unknown>(null, { a: 1, b: [2] }),
  },
  { requiredKeys: [] },
);
/** What happens to a task, in the order it comes in: an agent's event of any time, or a person's change at `now`. */
const happening = fc.oneof(
  step.map(({ event, ts }) => ({ kind: 'event' as const, event, ts })),
  fc.record({ kind: fc.constant('change' as const), fields: change, now: fc.integer({ min: 1, max: 6 }) }),
);

describe('a task that people and agents change', () => {
  test('ends in the same state whatever the order in which the changes come, and as people left it', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 10 }), fc.func(fc.integer()), (happenings, key) => {
        const made: { fields: TaskFields; version: Version }[] = [];
        let state: TaskState | null = null;
        for (const each of happenings) {
          const { fields, version }: { fields: TaskFields; version: Version } =
            each.kind === 'event'
              ? { fields: each.event, version: [each.ts, each.event.seq ?? 0] }
              : { fields: each.fields, version: versionAfter(state, each.fields, each.now) };
          made.push({ fields, version });
          state = applyTaskChange(state, 'task-1', fields, version);
          // A change by who saw the state takes effect, whatever clocks say.
          if (each.kind === 'change') expect(taskOf(state)).toMatchObject(each.fields);
        }
        const shuffled = made.map((one, index) => ({ one, at: key(index) })).sort((a, b) => a.at - b.at);
        let again: TaskState | null = null;
        for (const { one } of shuffled) again = applyTaskChange(again, 'task-1', one.fields, one.version);
        expect(again).toEqual(state);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves the same when it is deleted, however many of its events have come by then', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), fc.nat(), (steps, cut) => {
        const early = steps.slice(0, 1 + (cut % (steps.length - 1)));
        const some = steps
          .slice(early.length)
          .reduce((state: TaskState, { event, ts }) => applyTaskEvent(state, event, ts), deletedTask(fold(early), 4));
        expect(some).toEqual(deletedTask(fold(steps), 4));
        expect(some).toMatchObject({ deleted_at: 4, name: null, result: null, versions: {} });
      }),
    );
  });
});

describe('the transitions of a task', () => {
  test('lead out of every status, never to itself, and only back to the board from what has ended well or was given up', () => {
    for (const from of TASK_STATUSES) {
      expect(TASK_TRANSITIONS[from].length).toBeGreaterThan(0);
      expect(TASK_TRANSITIONS[from]).not.toContain(from);
      expect(mayFollow(from, from)).toBe(true);
    }
    expect(TASK_STATUSES.filter(hasEnded)).toEqual(['completed', 'failed', 'cancelled']);
    expect(mayFollow('pending', 'completed')).toBe(false);
    expect(mayFollow('completed', 'in_progress')).toBe(false);
    expect(mayFollow('failed', 'in_progress')).toBe(true);
  });
});
