import { describe, expect, it } from 'vitest';
import { foreseen, isOpenTo, refusalOf, standsAlike, type IncidentAct } from './incident-acts.ts';

const OPEN = {
  status: 'open',
  assigned_to: null,
  acknowledged_at: null,
  acknowledged_by: null,
  snoozed_until: null,
  resolved_at: null,
  resolved_by: null,
} as const;

describe('what somebody does about an incident', () => {
  it.each<[IncidentAct, object]>([
    [{ kind: 'acknowledge' }, { status: 'acknowledged', acknowledged_by: 'ann', acknowledged_at: 5 }],
    [{ kind: 'assign', userId: 'bob' }, { assigned_to: 'bob' }],
    [
      { kind: 'snooze', until: 9 },
      { status: 'acknowledged', acknowledged_by: 'ann', snoozed_until: 9 },
    ],
    [{ kind: 'resolve' }, { status: 'resolved', resolved_by: 'ann', resolved_at: 5, snoozed_until: null }],
  ])('%j is shown before the server has agreed', (act, expected) =>
    expect(foreseen(OPEN, act, 'ann', 5)).toMatchObject(expected),
  );

  it('leaves it with whoever had it where somebody else puts it off', () =>
    expect(
      foreseen({ ...OPEN, acknowledged_at: 1, acknowledged_by: 'bob' }, { kind: 'snooze', until: 9 }, 'ann', 5),
    ).toMatchObject({ acknowledged_at: 1, acknowledged_by: 'bob' }));

  it.each<[IncidentAct['kind'], 'open' | 'acknowledged' | 'resolved', number, boolean]>([
    ['acknowledge', 'open', 1, true],
    ['acknowledge', 'acknowledged', 1, false],
    ['snooze', 'acknowledged', 1, true],
    ['resolve', 'resolved', 0, false],
    ['reopen', 'resolved', 1, true],
    ['reopen', 'resolved', 0, false],
    ['reopen', 'open', 1, false],
  ])('%s is open to one that is %s with %i firing: %s', (act, status, alertsFiring, expected) =>
    expect(isOpenTo(act, { status, alerts_firing: alertsFiring })).toBe(expected),
  );

  it('is tried again where only alerts have changed, and not where somebody has', () => {
    expect(standsAlike('resolve', OPEN, { ...OPEN })).toBe(true);
    expect(standsAlike('resolve', OPEN, { ...OPEN, assigned_to: 'bob' })).toBe(false);
    expect(standsAlike('resolve', OPEN, { ...OPEN, status: 'acknowledged' })).toBe(false);
  });

  it('calls nobody whom the page has not named: not the step after one that was called meanwhile', () =>
    expect(standsAlike('escalate', OPEN, { ...OPEN })).toBe(false));

  it('calls the next step where one is left, also for whoever has it', () => {
    const escalations = [
      { escalation_id: 'wake', name: 'Wake', step: 2, steps: 2, round: 1, at: null, reaches: ['Ann'], reaches_now: ['Ann'] },
    ];
    const callable = (status: 'open' | 'acknowledged' | 'resolved', left: typeof escalations) =>
      isOpenTo('escalate', { status, alerts_firing: 1, escalations: left });
    expect([callable('open', escalations), callable('acknowledged', escalations)]).toEqual([true, true]);
    expect([callable('resolved', escalations), callable('open', [])]).toEqual([false, false]);
    expect(isOpenTo('escalate', { status: 'open', alerts_firing: 1 })).toBe(false);
  });

  it('is taken back with the reason', () => {
    expect(refusalOf('resolve', { status: 412, message: 'stale' })).toMatch(/^Not resolved: somebody else/);
    expect(refusalOf('snooze', { status: 400, message: 'until: must lie ahead' })).toBe('Not snoozed: until: must lie ahead');
  });
});
