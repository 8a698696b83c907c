import { GAPS_AHEAD_MS, type Layer, type Override, type Schedule, type Stretch } from '@fleetbeat/contracts/on-call.ts';
import { daysBetween, instantOf, localDate, windowsWithin, type TimeWindow } from './time-windows.ts';

/** Who is on call when: a function of the schedule, its overrides and the time. */

const HOUR_MS = 3_600_000;
/** Turns of one layer in one calendar, at most; turns of an hour fill 92 days with fewer. */
const MAX_TURNS = 5_000;

interface Duty extends TimeWindow {
  readonly user_id: string;
  readonly by: string;
}

/** Who is on call in every part of a range, gaps included, in order and without holes. */
export function calendarOf(schedule: Schedule, overrides: readonly Override[], range: TimeWindow): Stretch[] {
  let duties: Duty[] = [];
  for (const layer of schedule.layers) duties = overlaid(duties, dutiesOf(layer, schedule.time_zone, range));
  for (const { user_id, from, to } of overrides.toSorted((a, b) => a.id - b.id)) {
    const clipped = { from: Math.max(from, range.from), to: Math.min(to, range.to) };
    if (clipped.from < clipped.to) duties = overlaid(duties, [{ ...clipped, user_id, by: 'override' }]);
  }
  return withGaps(duties, range);
}

/** Who is on call at a time, since when (at most since `at`) and until when, looking 28 days ahead. */
export function onCallAt(schedule: Schedule, overrides: readonly Override[], at: number): Stretch {
  const [first] = calendarOf(schedule, overrides, { from: at, to: at + GAPS_AHEAD_MS });
  return first ?? { from: at, to: at + GAPS_AHEAD_MS, user_id: null, by: null };
}

/** When nobody is on call, within the 28 days after `at`. */
export function gapsAfter(schedule: Schedule, overrides: readonly Override[], at: number): TimeWindow[] {
  return calendarOf(schedule, overrides, { from: at, to: at + GAPS_AHEAD_MS }).flatMap(({ from, to, user_id }) =>
    user_id === null ? [{ from, to }] : [],
  );
}

/** The turns of a layer in a range, where its times leave something of them. */
function dutiesOf(layer: Layer, zone: string, range: TimeWindow): Duty[] {
  const begins = instantOf(layer.starts_on, 0, layer.handoff, zone);
  const ends = layer.ends_on === null ? Infinity : instantOf(layer.ends_on, 0, layer.handoff, zone);
  const from = Math.max(range.from, begins);
  const to = Math.min(range.to, ends);
  if (from >= to) return [];
  const windows = layer.times === null ? [{ from, to }] : windowsWithin(layer.times, zone, { from, to });
  const startOf = (turn: number) => startOfTurn(layer, zone, begins, turn);
  const duties: Duty[] = [];
  const first = turnAt(layer, zone, from, begins, startOf);
  for (let turn = first, start = startOf(first); start < to && turn - first < MAX_TURNS; turn++) {
    const end = startOf(turn + 1);
    const user_id = layer.users[turn % layer.users.length] ?? '';
    for (const window of windows) {
      const part = { from: Math.max(window.from, start), to: Math.min(window.to, end) };
      if (part.from < part.to) duties.push({ ...part, user_id, by: layer.name });
    }
    start = end;
  }
  return duties;
}

function startOfTurn({ turn, starts_on, handoff }: Layer, zone: string, begins: number, index: number): number {
  if (turn.unit === 'hours') return begins + index * turn.count * HOUR_MS;
  return instantOf(starts_on, index * daysOf(turn), handoff, zone);
}

function turnAt(layer: Layer, zone: string, at: number, begins: number, startOf: (turn: number) => number): number {
  const { turn, starts_on } = layer;
  if (turn.unit === 'hours') return Math.floor((at - begins) / (turn.count * HOUR_MS));
  // By dates it is this turn, or the one before where the clocks have not reached the handoff yet.
  const guess = Math.floor(daysBetween(starts_on, localDate(at, zone)) / daysOf(turn));
  return guess > 0 && startOf(guess) > at ? guess - 1 : Math.max(0, guess);
}

function daysOf({ unit, count }: Layer['turn']): number {
  return unit === 'weeks' ? 7 * count : count;
}

/** What is left of `below` where `above` has nobody, and all of `above`. */
function overlaid(below: readonly Duty[], above: readonly Duty[]): Duty[] {
  if (above.length === 0) return [...below];
  const left: Duty[] = [];
  let next = 0;
  for (const duty of below) {
    let from = duty.from;
    while (next < above.length && (above[next]?.to ?? 0) <= from) next++;
    for (let i = next; i < above.length && from < duty.to; i++) {
      const over = above[i];
      if (over === undefined || over.from >= duty.to) break;
      if (over.from > from) left.push({ ...duty, from, to: over.from });
      from = Math.max(from, over.to);
    }
    if (from < duty.to) left.push({ ...duty, from });
  }
  return [...left, ...above].sort((a, b) => a.from - b.from);
}

function withGaps(duties: readonly Duty[], { from, to }: TimeWindow): Stretch[] {
  const stretches: Stretch[] = [];
  const add = (stretch: Stretch) => {
    const last = stretches.at(-1);
    if (last !== undefined && last.to === stretch.from && last.user_id === stretch.user_id && last.by === stretch.by)
      last.to = stretch.to;
    else stretches.push(stretch);
  };
  let at = from;
  for (const duty of duties) {
    if (duty.from > at) add({ from: at, to: duty.from, user_id: null, by: null });
    add({ ...duty });
    at = duty.to;
  }
  if (at < to) add({ from: at, to, user_id: null, by: null });
  return stretches;
}
