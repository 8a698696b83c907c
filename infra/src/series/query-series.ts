import { gaugeKey, HOST_GAUGES, WHOLE, type HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import { TOP_SERIES, type Series, type SeriesAnswer, type SeriesSet } from '@fleetbeat/contracts/dashboards.ts';
import { gaugePointOf, measuresOf } from '../time-series/measures.ts';
import { mergedWindows } from '../time-series/merged-windows.ts';
import type { Partial } from '../time-series/partial.ts';
import type { ReadWindows, WindowRange } from '../time-series/window-reader.ts';

export interface SeriesQuestion {
  readonly set: SeriesSet;
  /** None: the fleet, or the models with the most of the first measure. */
  readonly keys: readonly string[];
  readonly measures: readonly string[];
}

/** Answers measures by key and window. The question has no `seriesMistake`. */
export type QuerySeries = (question: SeriesQuestion, range: WindowRange) => Promise<SeriesAnswer>;

type Windows = ReadonlyMap<number, Partial>;

export function createQuerySeries(readWindows: ReadWindows): QuerySeries {
  return (question, range) =>
    question.set === 'host' ? ofHosts(readWindows, question, range) : ofEvents(readWindows, question.set, question, range);
}

async function ofEvents(
  readWindows: ReadWindows,
  set: Exclude<SeriesSet, 'host'>,
  { keys, measures }: SeriesQuestion,
  wanted: WindowRange,
): Promise<SeriesAnswer> {
  const named = set === 'fleet' ? [WHOLE] : keys.length > 0 ? keys : undefined;
  const sketches = measures.some((measure) => /_p\d+$|^unique_/.test(measure));
  const { range, byKey } = await readWindows({ set, keys: named, range: wanted, sketches });
  const byMeasure = (key: string, measure: string) =>
    seriesOf(key, measure, byKey.get(key), (windows) => eventMeasure(mergedWindows(set, windows), measure));
  const [first = ''] = measures;
  const shown = named ?? [...byKey.keys()].sort(mostOf((key) => byMeasure(key, first).total)).slice(0, TOP_SERIES);
  return { ...rangeAnswer(range), series: shown.flatMap((key) => measures.map((measure) => byMeasure(key, measure))) };
}

async function ofHosts(readWindows: ReadWindows, { keys, measures }: SeriesQuestion, wanted: WindowRange): Promise<SeriesAnswer> {
  const gauges = measures.filter(isGauge);
  const rows = keys.flatMap((hostId) => gauges.map((gauge) => ({ hostId, gauge, key: gaugeKey(gauge, hostId) })));
  const { range, byKey } = await readWindows({ set: 'host', keys: rows.map(({ key }) => key), range: wanted, sketches: false });
  const mean = (windows: Iterable<Partial>) => gaugePointOf(0, mergedWindows('host', windows))?.avg ?? null;
  return { ...rangeAnswer(range), series: rows.map(({ hostId, gauge, key }) => seriesOf(hostId, gauge, byKey.get(key), mean)) };
}

function seriesOf(
  key: string,
  measure: string,
  windows: Windows | undefined,
  value: (windows: Iterable<Partial>) => number | null,
): Series {
  const ordered = [...(windows ?? [])].sort(([a], [b]) => a - b);
  return {
    key,
    measure,
    total: value(ordered.map(([, window]) => window)),
    points: ordered.map(([t, window]) => ({ t, value: value([window]) })),
  };
}

function eventMeasure(window: Partial, measure: string): number | null {
  const measures = measuresOf(window);
  if (measure === 'error_rate') return measures.total_messages === 0 ? null : measures.total_errors / measures.total_messages;
  return measure in measures ? measures[measure as keyof typeof measures] : null;
}

/** The most first, nothing last, then by name. */
function mostOf(total: (key: string) => number | null): (a: string, b: string) => number {
  return (a, b) => (total(b) ?? -Infinity) - (total(a) ?? -Infinity) || (a < b ? -1 : 1);
}

function isGauge(measure: string): measure is HostGauge {
  return (HOST_GAUGES as readonly string[]).includes(measure);
}

function rangeAnswer({ from, to, stepMs }: WindowRange): Pick<SeriesAnswer, 'from' | 'to' | 'step_ms'> {
  return { from, to, step_ms: stepMs };
}
