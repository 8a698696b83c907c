import type { Measures } from '@fleetbeat/contracts/api.ts';
import type { Mover } from '@fleetbeat/contracts/movers.ts';

/**
 * Which figures changed most from one stretch of time to the next. What could be chance is left out: a change must be larger
 * than the noise of counts of this size (`SURE` standard deviations) and large enough to matter (`LEAST`). Pure.
 */

/** Standard deviations of what chance makes of such counts. */
const SURE = 4;
/** The least change that is told, as a factor. */
const LEAST = 1.2;
/** Messages of both stretches together, answers of each, errors of both and dollars of both, below which nothing is told. */
const FEWEST = { messages: 50, timed: 30, errors: 5, dollars: 0.01 } as const;
/** Added to shares so that the first errors after none are no change without end. */
const SHARE_FLOOR = 0.005;
const MOST = 8;

export interface Compared {
  readonly set: Mover['set'];
  readonly key: string;
  readonly now: Measures;
  readonly before: Measures;
}

/** What each changed most in, those that changed most first; at most eight. */
export function topMovers(compared: readonly Compared[]): Mover[] {
  const changes = compared.flatMap((one) => {
    const found = (one.set === 'fleet' ? kindsOf(one) : changesOf(one)).filter((change) => change !== null);
    // The kinds of messages are things of their own.
    return one.set === 'fleet' ? found : found.sort(largest).slice(0, 1);
  });
  return changes
    .sort(largest)
    .slice(0, MOST)
    .map(({ mover }) => mover);
}

interface Change {
  readonly mover: Mover;
  /** The change as the logarithm of a factor. */
  readonly size: number;
}

function largest(a: Change, b: Change): number {
  return b.size - a.size || (a.mover.key < b.mover.key ? -1 : 1);
}

function changesOf(one: Compared): (Change | null)[] {
  const { now, before } = one;
  // Who was not there yet has not changed.
  if (one.set === 'agent' && before.total_messages + before.total_heartbeats === 0) return [];
  const messages = [now.total_messages, before.total_messages] as const;
  return [
    countChange(one, 'total_messages'),
    errorChange(one),
    now.average_response_time === null || before.average_response_time === null
      ? null
      : meanChange(
          one,
          'average_response_time',
          [now.average_response_time, before.average_response_time],
          [now.total_responses, before.total_responses],
        ),
    // More messages cost more: what is told is another price of each.
    now.total_cost_usd + before.total_cost_usd < FEWEST.dollars
      ? null
      : meanChange(one, 'total_cost_usd', [now.total_cost_usd, before.total_cost_usd], messages, 'each'),
  ];
}

const KINDS = ['total_user_messages', 'total_responses', 'total_tool_calls', 'total_errors', 'total_feedback'] as const;

function kindsOf(one: Compared): (Change | null)[] {
  return KINDS.map((kind) => countChange(one, kind));
}

/** Counts of independent events vary by their root. */
function countChange(one: Compared, measure: (typeof KINDS)[number] | 'total_messages'): Change | null {
  const [now, before] = [one.now[measure], one.before[measure]];
  if (now + before < FEWEST.messages || Math.abs(now - before) < SURE * Math.sqrt(now + before)) return null;
  return changeOf(one, measure, now, before, (now + 1) / (before + 1));
}

/** Two shares, as in the test of two proportions. */
function errorChange(one: Compared): Change | null {
  const { now, before } = one;
  const errors = now.total_errors + before.total_errors;
  const messages = now.total_messages + before.total_messages;
  if (messages < FEWEST.messages || errors < FEWEST.errors || now.total_messages === 0 || before.total_messages === 0)
    return null;
  const [share, earlier, both] = [
    now.total_errors / now.total_messages,
    before.total_errors / before.total_messages,
    errors / messages,
  ];
  const deviation = Math.sqrt(both * (1 - both) * (1 / now.total_messages + 1 / before.total_messages));
  if (Math.abs(share - earlier) < SURE * deviation) return null;
  return changeOf(one, 'error_rate', share, earlier, (share + SHARE_FLOOR) / (earlier + SHARE_FLOOR));
}

/** Means of values that spread by about their own size, as durations and prices do. */
function meanChange(
  one: Compared,
  measure: 'average_response_time' | 'total_cost_usd',
  [now, before]: readonly [number, number],
  [samples, samplesBefore]: readonly [number, number],
  of: 'mean' | 'each' = 'mean',
): Change | null {
  if (samples < FEWEST.timed || samplesBefore < FEWEST.timed || now <= 0 || before <= 0) return null;
  const factor = of === 'mean' ? now / before : now / samples / (before / samplesBefore);
  if (Math.abs(Math.log(factor)) < SURE * Math.sqrt(1 / samples + 1 / samplesBefore)) return null;
  return changeOf(one, measure, now, before, factor);
}

function changeOf({ set, key }: Compared, measure: Mover['measure'], now: number, before: number, factor: number): Change | null {
  const size = Math.abs(Math.log(factor));
  return size < Math.log(LEAST) ? null : { mover: { set, key, measure, now, before }, size };
}
