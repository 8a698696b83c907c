import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateInputSchema, type PlannedTask } from '@fleetbeat/contracts/workflows.ts';
import { newTask, newTemplate, planMistakes, readTemplate, removeTask, renameTask } from './plan-draft.ts';

const task = (key: string, ...depends_on: string[]): PlannedTask => ({
  ...newTask([]),
  key,
  name: key.toUpperCase(),
  depends_on,
});
const places = (tasks: readonly PlannedTask[]) => planMistakes(tasks).map(({ place }) => place);

describe('a plan that is written', () => {
  it('is filled in as its schema fills it in', () => {
    const given = {
      name: 'Report',
      tasks: [
        { key: 'a', name: 'A' },
        { key: 'b', name: 'B', depends_on: ['a'], max_attempts: 1 },
      ],
    };
    expect(readTemplate(given)).toEqual({ draft: templateInputSchema.parse(given) });
    expect(readTemplate({ name: '', tasks: [] })).toHaveProperty('draft');
    expect(readTemplate({ name: '', tasks: [{ key: 'a' }] })).toMatchObject({ mistakes: [{ place: 'tasks.0.name' }] });
    expect(templateInputSchema.safeParse({ ...newTemplate(), name: 'New', tasks: [task('a')] }).success).toBe(true);
  });

  it('says at which task something waits for itself, for nothing there is, or has the key of another', () => {
    expect(places([task('a'), task('b', 'a')])).toEqual([]);
    expect(planMistakes([task('a', 'c'), task('b', 'a'), task('c', 'b')])).toEqual([
      { place: 'tasks.0.depends_on', message: 'waits for itself: A, which waits for C, which waits for B, which waits for A' },
    ]);
    expect(places([task('x'), task('a', 'a')])).toEqual(['tasks.1.depends_on']);
    expect(places([task('a', 'gone'), task('a')])).toEqual(['tasks.1.key', 'tasks.0.depends_on']);
  });

  it('keeps what waits for what when a key changes', () => {
    const tasks = [task('a'), task('b', 'a'), task('c', 'a', 'b')];
    renameTask(tasks, 0, 'first');
    expect(tasks.map(({ depends_on: firsts }) => firsts)).toEqual([[], ['first'], ['first', 'b']]);
  });

  it('stays one that the server takes, whatever is added and taken away', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(null), fc.nat(20)), { maxLength: 30 }), (steps) => {
        const tasks: PlannedTask[] = [];
        for (const step of steps) {
          if (step === null || tasks.length === 0) tasks.push(newTask(tasks));
          else removeTask(tasks, step % tasks.length);
          expect(planMistakes(tasks)).toEqual([]);
        }
      }),
    );
  });
});
