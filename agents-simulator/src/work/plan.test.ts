import { describe, expect, it } from 'vitest';
import { fateOf, planWork, WORKFLOW_SIZE } from './plan.ts';

describe('the work of a run', () => {
  it('is as much as was asked for, half of it in workflows, the same for the same seed', () => {
    const plan = planWork('run', 7, 1_001);
    expect(plan.single.length + plan.workflows.reduce((sum, { tasks }) => sum + tasks.length, 0)).toBe(1_001);
    expect(plan.workflows).toHaveLength(500 / WORKFLOW_SIZE);
    expect(planWork('run', 7, 1_001)).toEqual(plan);
    expect(planWork('run', 8, 1_001)).not.toEqual(plan);
  });

  it('can be done: nothing waits for what comes later, or for what nobody can do', () => {
    for (const { tasks } of planWork('run', 1, 1_000).workflows) {
      tasks.forEach(({ waitsFor, end }, index) => {
        const before = tasks.slice(0, index).map(({ name }) => name);
        expect(before).toEqual(expect.arrayContaining([...waitsFor]));
        expect(end).toBe('completed');
      });
    }
  });

  it('goes wrong in every way, now and then', () => {
    const fates = Array.from({ length: 2_000 }, (_, task) => fateOf(1, `task ${task}`, 1));
    expect(new Set(fates)).toEqual(new Set(['completes', 'fails', 'dies', 'oversleeps']));
    expect(fates.filter((fate) => fate === 'completes').length).toBeGreaterThan(1_800);
  });
});
