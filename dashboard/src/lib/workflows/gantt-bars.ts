import { formatDuration } from '@fleetbeat/contracts/format-duration.ts';
import type { Timeline } from '@fleetbeat/contracts/workflows.ts';
import { formatMoment } from '../format/format-time.ts';

/** Attempts as bars on an axis of time. Pure. */

export type Row = Timeline['rows'][number];
type Span = Row['spans'][number];

export type BarTone = 'running' | 'completed' | 'failed' | 'lost' | 'cancelled';

export interface Bar {
  /** Share of the axis, 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly tone: BarTone;
  /** "Attempt 2 by agent-7: lease ran out, from 14:05:30, 3 min" */
  readonly words: string;
}

/** Shorter there is nothing to see, in milliseconds. */
const SHORTEST_AXIS = 1_000;

/** Where the axis begins and ends: what goes on reaches up to now. */
export function axisOf(timeline: Pick<Timeline, 'from' | 'to' | 'workflow'>, now: number): [from: number, to: number] {
  const to = timeline.workflow.ended_at === null ? Math.max(timeline.to, now) : timeline.to;
  return [timeline.from, Math.max(to, timeline.from + SHORTEST_AXIS)];
}

export function barsOf(row: Pick<Row, 'spans'>, [from, to]: readonly [number, number], now: number): Bar[] {
  return row.spans.map((span, index) => {
    const end = span.to ?? now;
    return {
      from: share(span.from, from, to),
      to: share(end, from, to),
      tone: toneOf(span),
      words: `Attempt ${index + 1}${span.agent_id === null ? '' : ` by ${span.agent_id}`}: ${outcomeWords(span)}, from ${formatMoment(span.from, now)}, ${formatDuration(Math.max(0, end - span.from))}`,
    };
  });
}

/** How long a task was worked on, all attempts together, in milliseconds; null where nobody has begun. */
export function workedMs(row: Pick<Row, 'spans'>, now: number): number | null {
  if (row.spans.length === 0) return null;
  return row.spans.reduce((sum, span) => sum + Math.max(0, (span.to ?? now) - span.from), 0);
}

function share(t: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (t - from) / (to - from)));
}

function toneOf({ outcome, to }: Span): BarTone {
  switch (outcome) {
    case null:
      return to === null ? 'running' : 'lost';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return outcome;
    case 'returned':
    case 'expired':
    case 'timed_out':
      return 'lost';
    default:
      return outcome satisfies never;
  }
}

function outcomeWords({ outcome, to }: Span): string {
  switch (outcome) {
    case null:
      return to === null ? 'goes on' : 'ended';
    case 'returned':
      return 'given back';
    case 'expired':
      return 'lease ran out';
    case 'timed_out':
      return 'took too long';
    default:
      return outcome;
  }
}
