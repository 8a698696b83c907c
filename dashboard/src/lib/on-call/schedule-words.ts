import type { Layer } from '@fleetbeat/contracts/on-call.ts';
import { intervalText } from '../incidents/silence-words.ts';
import { secondsText } from '../alerting/rule-words.ts';

/** What schedules and escalations say, in words. Pure. */

/** "Ann, Bea take turns of 1 week at 09:00, from 2026-01-05" */
export function layerText(layer: Layer, nameOf: (who: string) => string): string {
  const { users, turn, handoff, starts_on: starts, ends_on: ends, times } = layer;
  const names = users.map(nameOf).join(', ');
  const unit = turn.count === 1 ? `1 ${turn.unit.slice(0, -1)}` : `${turn.count} ${turn.unit}`;
  const turns =
    users.length === 1 ? names : `${names} take turns of ${unit}${turn.unit === 'hours' ? '' : `, handed over at ${handoff}`}`;
  const only = times === null ? '' : `, only ${times.map(intervalText).join('; ')}`;
  return `${turns}${only}, from ${starts}${ends === null ? '' : ` to ${ends}`}`;
}

/** When a step comes: "At once", "After 5 minutes". */
export function afterText(seconds: number, index: number): string {
  if (seconds === 0) return index === 0 ? 'At once' : 'Together with the step before';
  return `After ${secondsText(seconds)}`;
}

/** What comes after the last step, null where nothing does. */
export function repeatText({ times, after_s: after }: { times: number; after_s: number }): string | null {
  if (times === 0) return null;
  return `All steps again ${times === 1 ? 'once' : `${times} times`}, ${secondsText(after)} after the last`;
}
