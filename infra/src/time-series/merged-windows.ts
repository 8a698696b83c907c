import { SETS, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { Partial } from './partial.ts';

/** Everything in some windows of a set as one. */
export function mergedWindows(set: SetName, windows: Iterable<Partial>): Partial {
  const whole = new Partial(SETS[set]);
  for (const window of windows) whole.merge(window);
  return whole;
}
