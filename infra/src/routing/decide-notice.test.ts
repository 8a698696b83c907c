import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideNotice, type GroupAlert, type Situation } from './decide-notice.ts';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;

const fires = (id: number, severity: Severity = 'warning', heldBack: string | null = null): GroupAlert => {
  return { id, state: 'firing', severity, heldBack };
};
const over = (id: number, heldBack: string | null = null): GroupAlert => ({
  id,
  state: 'resolved',
  severity: 'warning',
  heldBack,
});
const told = (...ids: number[]) => new Map<number, Severity>(ids.map((id) => [id, 'warning']));

function decide(given: Partial<Situation>) {
  return decideNotice({
    status: 'open',
    alerts: [],
    told: new Map(),
    toldAt: given.told === undefined ? null : NOW - HOUR,
    repeatIntervalMs: 4 * HOUR,
    tellResolved: true,
    heldBack: null,
    acknowledgedBy: null,
    acknowledgedAt: null,
    now: NOW,
    ...given,
  });
}

describe('a route', () => {
  it.each<readonly [string, Partial<Situation>, readonly [kind: string, reason: string, alertIds: readonly number[]]]>([
    ['tells the first alerts', { alerts: [fires(1), fires(2)] }, ['firing', 'first notification', [1, 2]]],
    ['tells alerts that are new', { alerts: [fires(1), fires(2)], told: told(1) }, ['firing', '1 new alert', [1, 2]]],
    [
      'tells alerts that got worse',
      { alerts: [fires(1, 'error'), fires(2)], told: told(1, 2) },
      ['firing', '1 alert got worse', [1, 2]],
    ],
    ['tells that some are resolved', { alerts: [fires(1), over(2)], told: told(1, 2) }, ['firing', '1 alert resolved', [1, 2]]],
    [
      'tells that all are resolved, and of nothing that it had not told',
      { alerts: [over(1), over(2), over(3)], told: told(1, 2), status: 'resolved' },
      ['resolved', 'all alerts are resolved', [1, 2]],
    ],
    [
      'tells that somebody has resolved the incident',
      { alerts: [fires(1)], told: told(1), status: 'resolved' },
      ['resolved', 'the incident was resolved', [1]],
    ],
    [
      'tells again when the repeat interval has passed',
      { alerts: [fires(1)], told: told(1), toldAt: NOW - 4 * HOUR },
      ['repeat', 'the repeat interval has passed', [1]],
    ],
    [
      'tells what is new to whoever takes care of it',
      { alerts: [fires(1), fires(2)], told: told(1), status: 'acknowledged' },
      ['firing', '1 new alert', [1, 2]],
    ],
    [
      'tells once that somebody takes care of it',
      { alerts: [fires(1), fires(2)], told: told(1), status: 'acknowledged', acknowledgedBy: 'ann', acknowledgedAt: NOW - 1 },
      ['acknowledged', 'ann takes care of it', [1]],
    ],
    [
      'tells that somebody takes care of it even while it is mute',
      { alerts: [fires(1)], told: told(1), status: 'acknowledged', acknowledgedAt: NOW, heldBack: 'snoozed' },
      ['acknowledged', 'somebody takes care of it', [1]],
    ],
    [
      'tells that all are resolved to whoever takes care of it',
      { alerts: [over(1)], told: told(1), status: 'resolved', acknowledgedBy: 'ann' },
      ['resolved', 'all alerts are resolved', [1]],
    ],
    [
      'leaves out what is held back',
      { alerts: [fires(1), fires(2, 'error', 'silenced')] },
      ['firing', 'first notification', [1]],
    ],
    [
      'tells what is held back no more',
      { alerts: [fires(1), fires(2)], told: told(1), toldAt: NOW - 1 },
      ['firing', '1 new alert', [1, 2]],
    ],
    [
      'without ends tells what is new, not what is over',
      { alerts: [fires(1), fires(3), over(2)], told: told(1, 2), tellResolved: false },
      ['firing', '1 new alert', [1, 3]],
    ],
  ])('%s', (_, situation, [kind, reason, alertIds]) => {
    expect(decide(situation)).toMatchObject({ tell: true, kind, reason, alertIds });
  });

  it.each<readonly [string, Partial<Situation>, reason: string, stillTold: readonly number[]]>([
    ['nothing where nothing fires', { alerts: [over(1)] }, 'nothing fires', []],
    ['nothing new', { alerts: [fires(1)], told: told(1) }, 'nothing new', [1]],
    ['nothing where an alert eased', { alerts: [fires(1, 'info')], told: told(1) }, 'nothing new', [1]],
    ['nothing just before it repeats', { alerts: [fires(1)], told: told(1), toldAt: NOW - 4 * HOUR + 1 }, 'nothing new', [1]],
    ['nothing that is held back', { alerts: [fires(1, 'error', 'silenced by ann')] }, 'silenced by ann', []],
    ['nothing while it is mute', { alerts: [fires(1)], heldBack: 'quiet hours' }, 'quiet hours', []],
    [
      'nobody who was not told that somebody takes care of it',
      { alerts: [fires(1, 'error', 'silenced')], status: 'acknowledged', acknowledgedAt: NOW },
      'silenced',
      [],
    ],
    [
      'nobody twice that somebody takes care of it',
      { alerts: [fires(1)], told: told(1), toldAt: NOW - 5, status: 'acknowledged', acknowledgedAt: NOW - 5 },
      'nothing new',
      [1],
    ],
    ['no end while it is mute', { alerts: [over(1)], told: told(1), heldBack: 'mute' }, 'mute', [1]],
    [
      'no repetition to whoever takes care of it',
      { alerts: [fires(1)], told: told(1), toldAt: NOW - 9 * HOUR, status: 'acknowledged', acknowledgedBy: 'ann' },
      'the repeat interval has passed, but ann takes care of it',
      [1],
    ],
    ['no end of what is held back', { alerts: [over(1, 'silenced')], told: told(1) }, 'nothing fires', [1]],
    [
      'no end while a told alert goes on under a silence',
      { alerts: [fires(1, 'warning', 'silenced'), over(2)], told: told(1, 2) },
      'silenced',
      [1, 2],
    ],
    [
      'no end where it does not tell ends',
      { alerts: [over(1)], told: told(1), tellResolved: false, status: 'resolved' },
      'all alerts are resolved, which this route does not tell',
      [],
    ],
    [
      'no end of some where it does not tell ends',
      { alerts: [fires(1), over(2)], told: told(1, 2), tellResolved: false },
      'some alerts are resolved, which this route does not tell',
      [1],
    ],
  ])('tells %s', (_, situation, reason, stillTold) => {
    const decision = decide(situation);
    expect(decision).toMatchObject({ tell: false, reason });
    expect([...decision.told.keys()]).toEqual(stillTold);
  });

  it('calls people where nothing was told before, and only then', () => {
    expect(decide({ alerts: [fires(1)] })).toMatchObject({ begins: true });
    expect(decide({ alerts: [fires(1), fires(2)], told: told(1) })).toMatchObject({ begins: false });
  });

  it('tells the same only once, and an end only of what it told', () => {
    const alert = fc.record({
      id: fc.integer({ min: 1, max: 5 }),
      state: fc.constantFrom('firing' as const, 'resolved' as const),
      severity: fc.constantFrom<Severity[]>('info', 'warning', 'error'),
      heldBack: fc.constantFrom(null, null, 'silenced'),
    });
    const rounds = fc.array(fc.uniqueArray(alert, { selector: ({ id }) => id, maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(rounds, fc.boolean(), (all, tellResolved) => {
        let before: Situation['told'] = new Map();
        for (const alerts of all) {
          const decision = decide({ alerts, told: before, toldAt: NOW, tellResolved });
          if (decision.tell) {
            const ended = decision.alertIds.filter((id) => !alerts.some((each) => each.id === id && each.state === 'firing'));
            for (const id of ended) expect(before.has(id)).toBe(true);
            for (const { id, heldBack, state } of alerts) {
              if (heldBack !== null && state === 'firing') expect(decision.alertIds).not.toContain(id);
            }
          }
          // Asked again at once, it has nothing to add.
          expect(decide({ alerts, told: decision.told, toldAt: NOW, tellResolved }).tell).toBe(false);
          before = decision.told;
        }
      }),
    );
  });
});
