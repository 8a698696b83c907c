import { escalationSchema, scheduleSchema, type Escalation, type Schedule } from '@fleetbeat/contracts/on-call.ts';
import {
  DEFAULT_ROUTE,
  inhibitionSchema,
  type intervalSchema,
  type matcherSchema,
  routeSchema,
  type timesSchema,
  type Inhibition,
  type Interval,
  type Matcher,
  type Route,
  type Times,
} from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { readDraft, type ReadDraft } from '../ui/json-draft.ts';

/** Definitions as their forms need them: with a default where something was left out. Pure. */

export function readSchedule(value: unknown): ReadDraft<Schedule> {
  return readDraft(scheduleSchema, scheduleOf, value);
}
export function readEscalation(value: unknown): ReadDraft<Escalation> {
  return readDraft(escalationSchema, (given) => ({ ...given, repeat: given.repeat ?? { times: 0, after_s: 300 } }), value);
}
export function readRoute(value: unknown): ReadDraft<Route> {
  return readDraft(routeSchema, routeOf, value);
}
export function readInhibition(value: unknown): ReadDraft<Inhibition> {
  return readDraft(
    inhibitionSchema,
    (given) => ({
      ...given,
      enabled: given.enabled ?? true,
      source: given.source.map(matcherOf),
      target: given.target.map(matcherOf),
      equal: given.equal ?? [],
    }),
    value,
  );
}

function scheduleOf(given: z.input<typeof scheduleSchema>): Schedule {
  return {
    ...given,
    layers: given.layers.map((layer) => ({
      ...layer,
      ends_on: layer.ends_on ?? null,
      handoff: layer.handoff ?? '09:00',
      times: layer.times?.map(intervalOf) ?? null,
    })),
  };
}

function routeOf({ mute, quiet_hours: quiet, ...given }: z.input<typeof routeSchema>): Route {
  return {
    ...given,
    parent_id: given.parent_id === undefined ? DEFAULT_ROUTE : given.parent_id,
    position: given.position ?? 100,
    matchers: given.matchers?.map(matcherOf) ?? [],
    continue: given.continue ?? false,
    ...(mute === undefined ? {} : { mute: mute && timesOf(mute) }),
    ...(quiet === undefined ? {} : { quiet_hours: quiet && timesOf(quiet) }),
  };
}

function intervalOf(given: z.input<typeof intervalSchema>): Interval {
  return { ...given, from: given.from ?? '00:00', to: given.to ?? '24:00' };
}
function timesOf({ time_zone, intervals }: z.input<typeof timesSchema>): Times {
  return { time_zone, intervals: intervals.map(intervalOf) };
}
function matcherOf({ op = '=', ...matcher }: z.input<typeof matcherSchema>): Matcher {
  return { ...matcher, op };
}

/** What new definitions begin with: the smallest that are whole, but for what only people know. */

const ownZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function newSchedule(userId: string | undefined, today: string): Schedule {
  return { name: '', time_zone: ownZone(), layers: [newLayer('Weeks', userId, today)] };
}

export function newLayer(name: string, userId: string | undefined, today: string): Schedule['layers'][number] {
  return {
    name,
    users: userId === undefined ? [] : [userId],
    starts_on: today,
    ends_on: null,
    handoff: '09:00',
    turn: { unit: 'weeks', count: 1 },
    times: null,
  };
}

export function newEscalation(scheduleId: string | undefined): Escalation {
  return {
    name: '',
    steps: [{ after_s: 0, targets: scheduleId === undefined ? [] : [{ type: 'schedule', id: scheduleId }] }],
    repeat: { times: 0, after_s: 300 },
  };
}

export function newRoute(parentId: string = DEFAULT_ROUTE): Route {
  return { name: '', parent_id: parentId, position: 100, matchers: [{ label: '', op: '=', value: '' }], continue: false };
}

export function newInhibition(): Inhibition {
  return {
    name: '',
    enabled: true,
    source: [{ label: 'severity', op: '=', value: 'error' }],
    target: [{ label: 'severity', op: '=', value: 'warning' }],
    equal: ['agent'],
  };
}

export function newTimes(): Times {
  return { time_zone: ownZone(), intervals: [{ from: '22:00', to: '07:00' }] };
}
