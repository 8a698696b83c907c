import type { SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { eventsOf } from '../live/pulse.ts';

/** The shortest stretch that a rate is told of, in milliseconds. */
const STRETCH = 60_000;

/** Events per second of about the last minute, or of the last window where that is longer; null where nothing is known of it. */
export function newestRate(
  points: readonly Pick<SeriesPoint, 't' | 'total_messages' | 'total_heartbeats'>[],
  stepMs: number,
  knownTo: number,
): number | null {
  const from = Math.floor((knownTo - STRETCH) / stepMs) * stepMs;
  const newest = points.filter(({ t }) => t >= from && t < knownTo);
  if (newest.length === 0) return points.length === 0 ? null : 0;
  return newest.reduce((sum, point) => sum + eventsOf(point), 0) / ((knownTo - from) / 1_000);
}
