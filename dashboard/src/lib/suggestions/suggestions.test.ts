import { describe, expect, it, test } from 'vitest';
import type { Calibration, Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import { isMeant, withNews } from './inbox-rows.ts';
import { calibrationWords, effectWords, refusalOf } from './suggestion-words.ts';

const suggestion = (id: string, more: Partial<Suggestion> = {}): Suggestion => ({
  id,
  agent_id: 'crawler',
  action: 'Retry the task',
  reasoning: 'It ran out of memory.',
  confidence: 0.8,
  task_id: null,
  effect: null,
  status: 'pending',
  created_at: 1,
  created_by: 'key',
  expires_at: 2,
  approved_by: null,
  approved_at: null,
  rejected_by: null,
  rejected_at: null,
  reason: null,
  held_back: null,
  revision: 1,
  ...more,
});

describe('the inbox', () => {
  it('takes news only where it is newer, and lists the newest first', () => {
    const news = [suggestion('a', { revision: 2, status: 'approved' }), suggestion('c'), suggestion('b', { revision: 1 })];
    const listed = withNews([suggestion('a'), suggestion('b', { revision: 3, status: 'rejected' })], news);
    expect(listed.map(({ id, status }) => [id, status])).toEqual([
      ['c', 'pending'],
      ['b', 'rejected'],
      ['a', 'approved'],
    ]);
  });

  test.each([
    [{ status: 'pending', agent: '', text: ' MEMORY ' } as const, true],
    [{ status: null, agent: 'crawler', text: 'retry' } as const, true],
    [{ status: 'approved', agent: '', text: '' } as const, false],
    [{ status: null, agent: 'crawl', text: '' } as const, false],
    [{ status: null, agent: '', text: 'disk' } as const, false],
  ])('of %j: %s', (filter, meant) => expect(isMeant(suggestion('a'), filter)).toBe(meant));
});

test('every effect has words', () => {
  expect(effectWords({ type: 'set_task_status', status: 'cancelled' })).toBe('Cancels the task');
  expect(effectWords({ type: 'pause_agent', agent_id: 'x' })).toMatch(/^Pauses x/);
  expect(effectWords({ type: 'call_webhook', channel_id: 'x' })).toBe('Calls a webhook');
});

test('a refusal says what was not done and why', () => {
  expect(refusalOf(suggestion('a'), { status: 412, message: 'stale' })).toBe('“Retry the task”: somebody else was faster.');
  expect(refusalOf(suggestion('a'), { status: 409, message: 'its time is over' })).toMatch(/is not decided: its time is over\.$/);
});

test('a curve is told in a sentence', () => {
  const empty: Calibration = {
    n: 0,
    open: 0,
    succeeded: 0,
    bins: [],
    expected_calibration_error: null,
    recommended: null,
    within_hours: 24,
    target: 0.9,
    min_samples: 30,
  };
  expect(calibrationWords(empty)).toBe('Nothing is known yet.');
  const words = calibrationWords({ ...empty, n: 40, open: 2, succeeded: 30, expected_calibration_error: 0.125 });
  expect(words).toMatch(/^30 of 40 approved suggestions .* off by 12\.5.*Of 2 more/);
});
