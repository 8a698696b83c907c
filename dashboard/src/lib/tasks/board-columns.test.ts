import { describe, expect, it } from 'vitest';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { inColumns, isMeant, withNews } from './board-columns.ts';

const task = (task_id: string, more: Partial<Task> = {}): Task => ({
  task_id,
  name: null,
  description: null,
  status: 'pending',
  priority: 'medium',
  workflow_id: null,
  depends_on: [],
  waiting_for: 0,
  capabilities: [],
  max_attempts: 1,
  timeout_seconds: null,
  not_before: null,
  agent_id: null,
  due_date: null,
  progress: 0,
  result: null,
  error: null,
  attempts: 0,
  created_at: 0,
  started_at: null,
  completed_at: null,
  duration_seconds: null,
  created_by: null,
  updated_at: 0,
  revision: 1,
  ...more,
});

describe('the board', () => {
  it('takes news only where it is newer, and what is new, and forgets what is deleted', () => {
    const held = [task('a', { revision: 3 }), task('b', { revision: 3 }), task('c')];
    const news = new Map<string, Task | null>([
      ['a', task('a', { revision: 2, status: 'failed' })],
      ['b', task('b', { revision: 4, status: 'failed' })],
      ['c', null],
      ['d', task('d', { revision: 0 })],
    ]);
    expect(withNews(held, news).map((one) => [one.task_id, one.status])).toEqual([
      ['a', 'pending'],
      ['b', 'failed'],
      ['d', 'pending'],
    ]);
  });

  it('stands every task in the column of its status, the newest change first', () => {
    const columns = inColumns([task('a'), task('b', { updated_at: 2 }), task('c', { status: 'cancelled' })]);
    expect(columns.pending.map((one) => one.task_id)).toEqual(['b', 'a']);
    expect(columns.cancelled.map((one) => one.task_id)).toEqual(['c']);
    expect(columns.completed).toEqual([]);
  });

  it('finds by id, name and description whatever the case, and by the whole id of an agent', () => {
    const one = task('T-1', { name: 'Write the Report', agent_id: 'writer' });
    expect(isMeant(one, { text: ' report ', agent: '' })).toBe(true);
    expect(isMeant(one, { text: 't-1', agent: 'writer' })).toBe(true);
    expect(isMeant(one, { text: '', agent: 'write' })).toBe(false);
    expect(isMeant(one, { text: 'none', agent: '' })).toBe(false);
  });
});
