import { describe, expect, it } from 'vitest';
import { escalationSchema, scheduleSchema } from '@fleetbeat/contracts/on-call.ts';
import { inhibitionSchema, routeSchema } from '@fleetbeat/contracts/routing.ts';
import { readDraftText } from '../ui/json-draft.ts';
import {
  newEscalation,
  newInhibition,
  newRoute,
  newSchedule,
  newTimes,
  readEscalation,
  readInhibition,
  readRoute,
  readSchedule,
} from './definition-drafts.ts';

const layer = { name: 'Weeks', users: ['ann'], starts_on: '2026-03-01', turn: { unit: 'weeks', count: 1 } };
const times = { time_zone: 'UTC', intervals: [{ weekdays: ['sat'] }] };

describe('a definition that is written', () => {
  it('is filled in as its schema fills it in', () => {
    const schedule = { name: 'Primary', time_zone: 'UTC', layers: [layer, { ...layer, times: [{ from: '22:00' }] }] };
    expect(readSchedule(schedule)).toEqual({ draft: scheduleSchema.parse(schedule) });
    const escalation = { name: 'Wake', steps: [{ after_s: 0, targets: [{ type: 'user', id: 'ann' }] }] };
    expect(readEscalation(escalation)).toEqual({ draft: escalationSchema.parse(escalation) });
    const inhibition = { name: 'Down', source: [{ label: 'kind', value: 'host' }], target: [{ label: 'agent', value: '' }] };
    expect(readInhibition(inhibition)).toEqual({ draft: inhibitionSchema.parse(inhibition) });
    for (const given of [
      { name: 'Search', matchers: [{ label: 'team', value: 'search' }], mute: times, quiet_hours: null },
      { name: 'Default', parent_id: null, group_by: ['...'] },
    ])
      expect(readRoute(given)).toEqual({ draft: routeSchema.parse(given) });
  });

  it('is shown although its values are wrong: its fields say so', () => {
    const wrong = { name: '', time_zone: 'Nowhere', layers: [{ ...layer, users: [], handoff: '9', ends_on: '2026-01-01' }] };
    expect(readSchedule(wrong)).toMatchObject({ draft: { name: '', layers: [{ users: [], handoff: '9', times: null }] } });
    expect(readSchedule(newSchedule(undefined, '2026-03-01'))).toHaveProperty('draft');
    expect(readRoute(newRoute())).toEqual({ draft: newRoute() });
  });

  it('is not shown where something has no field, and says what', () => {
    expect(readSchedule({ name: 'a', time_zone: 'UTC', layers: {} })).toMatchObject({ mistakes: [{ place: 'layers' }] });
    expect(readSchedule({ name: 'a', time_zone: 'UTC', layers: [{ ...layer, colour: 'red' }] })).toMatchObject({
      mistakes: [{ place: 'layers.0' }],
    });
    expect(readDraftText('{', readRoute)).toMatchObject({ mistakes: [{ place: '' }] });
    expect(readRoute(null)).toHaveProperty('mistakes');
  });

  it('begins as what only lacks a name, and those whom people choose', () => {
    const named = (draft: object) => ({ ...draft, name: 'New' });
    expect(scheduleSchema.safeParse(named(newSchedule('ann', '2026-03-01'))).success).toBe(true);
    expect(escalationSchema.safeParse(named(newEscalation('primary'))).success).toBe(true);
    expect(inhibitionSchema.safeParse(named(newInhibition())).success).toBe(true);
    expect(routeSchema.safeParse({ ...named(newRoute()), matchers: [], mute: newTimes() }).success).toBe(true);
  });
});
