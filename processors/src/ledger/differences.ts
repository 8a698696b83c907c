/** What the ledger compares, and what follows from it. Pure. */

/**
 * - `expired`: the log had dropped offsets before they were read (expected 0)
 * - `offset_gap`: a cut does not begin where the one before has ended
 * - `cut_hours`: a cut's events by hour do not add up to its events
 * - `hour_total`: events of an hour in the cuts, and in the time-series store
 * - `raw_of_cut`: events of a cut, and raw events kept of it
 * - `raw_of_agent`: events of an agent in a cut in the aggregates, and raw events kept of them
 */
export const KINDS = ['expired', 'offset_gap', 'cut_hours', 'hour_total', 'raw_of_cut', 'raw_of_agent'] as const;
export type Kind = (typeof KINDS)[number];

/** What a figure is about: a source's hour, its cut, or an agent in its cut. */
export interface Place {
  readonly source: number;
  readonly kind: Kind;
  readonly hour: number | null;
  readonly seq: number | null;
  readonly agentId: string | null;
}

/** A figure that was read on two sides. */
export interface Comparison extends Place {
  readonly expected: number;
  readonly found: number;
}

/** A difference that was seen before and has not been resolved. */
export interface OpenFinding extends Comparison {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly firstSeen: number;
}

export interface Verdict {
  /** Differences that nobody knew of. */
  readonly opened: readonly Comparison[];
  /** Known ones that were seen again, with what they are now. */
  readonly seenAgain: readonly OpenFinding[];
  /** Known ones that are equal now. */
  readonly resolved: readonly OpenFinding[];
}

/** Holds what was compared against what is known. What was not compared this time stays as it is. */
export function judge(open: readonly OpenFinding[], compared: readonly Comparison[]): Verdict {
  const known = new Map(open.map((finding) => [placeOf(finding), finding]));
  const last = new Map(compared.map((comparison) => [placeOf(comparison), comparison]));
  const opened: Comparison[] = [];
  const seenAgain: OpenFinding[] = [];
  const resolved: OpenFinding[] = [];
  for (const [place, comparison] of last) {
    const finding = known.get(place);
    const { expected, found } = comparison;
    if (expected === found) {
      if (finding !== undefined) resolved.push(finding);
    } else if (finding === undefined) opened.push(comparison);
    else seenAgain.push({ ...finding, expected, found });
  }
  return { opened, seenAgain, resolved };
}

function placeOf({ source, kind, hour, seq, agentId }: Place): string {
  return JSON.stringify([source, kind, hour, seq, agentId]);
}

/** A stored cut as the table has it, and the raw events that are kept of it. */
export interface CutReading {
  readonly seq: number;
  readonly firstOffset: number;
  readonly endOffset: number;
  readonly expired: number;
  readonly aggregated: number;
  /** The sum of its events by hour. */
  readonly inHours: number;
  /** The oldest hour it has events of (epoch milliseconds); null where it has none. */
  readonly oldestHour: number | null;
  readonly rawEvents: number;
}

/**
 * Compares cuts of a source with what they must be, in order of their `seq`. `previous` is the one before the
 * first, null where that is not known. Raw events are compared of agents' cuts alone, and only where the oldest
 * event lies at `rawSince` or later: what is older may have been dropped.
 */
export function compareCuts(
  source: number,
  previous: Pick<CutReading, 'seq' | 'endOffset'> | null,
  cuts: readonly CutReading[],
  rawSince: number,
): Comparison[] {
  const compared: Comparison[] = [];
  let before = previous;
  for (const cut of cuts) {
    const compare = (kind: Kind, expected: number, found: number): void => {
      compared.push({ source, kind, hour: null, seq: cut.seq, agentId: null, expected, found });
    };
    compare('expired', 0, cut.expired);
    if (before !== null) compare('offset_gap', before.endOffset, cut.firstOffset);
    else if (cut.seq === 0) compare('offset_gap', 0, cut.firstOffset);
    compare('cut_hours', cut.aggregated, cut.inHours);
    if (cut.oldestHour !== null && cut.oldestHour >= rawSince) compare('raw_of_cut', cut.aggregated, cut.rawEvents);
    before = cut;
  }
  return compared;
}

/** Events of one agent in one cut. */
export interface AgentCut {
  readonly source: number;
  readonly seq: number;
  readonly events: number;
}

/** Compares an agent's events in the aggregates with the raw events kept, cut by cut. */
export function compareAgent(agentId: string, aggregates: readonly AgentCut[], raw: readonly AgentCut[]): Comparison[] {
  const compared = new Map<string, { source: number; seq: number; expected: number; found: number }>();
  const of = ({ source, seq }: AgentCut) => {
    const place = `${source}/${seq}`;
    const sums = compared.get(place) ?? { source, seq, expected: 0, found: 0 };
    compared.set(place, sums);
    return sums;
  };
  for (const cut of aggregates) of(cut).expected += cut.events;
  for (const cut of raw) of(cut).found += cut.events;
  return [...compared.values()].map((sums) => ({ ...sums, kind: 'raw_of_agent', hour: null, agentId }));
}

export interface Keeping {
  readonly raw: number;
  readonly '1m': number;
}

/** How long offsets that were lost for good are told as a difference: nothing can make them equal again. */
const TELL_EXPIRED_MS = 7 * 24 * 3_600_000;

/**
 * Whether a finding is about what need not be kept any more at `now`. `newestHour` is the newest hour of its
 * cut (epoch milliseconds), null where it is not about one.
 */
export function isOutlived(finding: OpenFinding, newestHour: number | null, keeping: Keeping, now: number): boolean {
  switch (finding.kind) {
    case 'expired':
      return finding.firstSeen < now - TELL_EXPIRED_MS;
    case 'hour_total':
      return (finding.hour ?? 0) < now - keeping['1m'];
    case 'raw_of_cut':
    case 'raw_of_agent':
      return newestHour !== null && newestHour < now - keeping.raw;
    case 'offset_gap':
    case 'cut_hours':
      return false;
  }
}
