import { EVENT_TOPICS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { EventLog, Partition, PartitionReader } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { refuseBeyondLog } from '@fleetbeat/infra/recompute/log-reach.ts';
import { RecomputeRefused, type HourRange } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { StoreRefused, type TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { Cut, Reduction } from '../engine/cut.ts';
import { every } from '../engine/every.ts';
import { AttemptLost, noteProgress, switchOver, type Attempt, type Progress } from './attempt.ts';
import { CannotRecompute, CutReplay } from './cut-replay.ts';
import { RowWriter } from './row-writer.ts';
import { readCuts, readSources, type RecomputedSource } from './stored-cuts.ts';

const TELL_EVERY_MS = 1_000;
const CUTS_AT_ONCE = 500;

export interface RecomputeParts {
  readonly database: Database;
  readonly eventLog: EventLog;
  readonly timeSeries: TimeSeriesStore;
  readonly logger: Logger;
  /** Makes the empty reduction of a cut; only its rows are asked for. */
  readonly reduce: Readonly<Record<EventTopic, () => Reduction>>;
}

/**
 * Runs an attempt to its end: reads every stored cut that has events of the range from the log again, writes its rows of the
 * range under the attempt's version, then makes them the ones that count. Cuts that are stored meanwhile stand as they are.
 *
 * Rejects with `AttemptLost` where it was cancelled, `CannotRecompute` or `RecomputeRefused` where the log does not have what
 * it takes, with the reason of `signal` where that aborts, and as the engines do. Nothing has changed for readers then.
 */
export async function runRecompute(
  parts: RecomputeParts,
  attempt: Attempt,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<void> {
  const { database, eventLog, timeSeries, logger } = parts;
  const { range, version } = attempt;
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const sources = await readSources(database, range);
  // After the cuts were read: the log only loses more.
  await refuseBeyondLog(database, eventLog, range);
  const writer = new RowWriter({ database, timeSeries, logger }, both);
  const replays = sources.flatMap(
    (source) => replayOf(parts, source, range, (cut) => writer.add(rowsOf(cut, range, version))) ?? [],
  );

  const progress = (): Progress => ({
    sources: replays.length,
    sourcesDone: replays.filter(({ done }) => done).length,
    records: replays.reduce((sum, { place }) => sum + place.endOffset - place.firstOffset, 0),
    recordsRead: replays.reduce((sum, { place, position }) => sum + position - place.firstOffset, 0),
  });
  const tell = async (): Promise<void> => {
    onProgress(progress());
    await noteProgress(database, attempt, progress()).catch((error: unknown) => {
      if (!(error instanceof AttemptLost)) throw error;
      ended.abort(error);
    });
  };
  const teller = every(TELL_EVERY_MS, tell, logger, 'the progress of a recompute was not noted');
  try {
    await readAgain(parts, `fleetbeat-recompute-${version}`, replays, both);
    await writer.flush();
    await teller.stop();
    both.throwIfAborted();
    await switchOver(database, attempt, sources);
    onProgress(progress());
  } finally {
    ended.abort(new Error('the recompute is over'));
    await teller.stop();
  }
}

function replayOf(
  { database, reduce }: RecomputeParts,
  source: RecomputedSource,
  range: HourRange,
  take: (cut: Cut) => Promise<void>,
): CutReplay | null {
  const { topic, partition, cuts } = source;
  if (cuts === null) return null;
  const { firstSeq, firstOffset, endOffset } = cuts;
  return new CutReplay({ topic, partition, source: source.source, firstOffset, endOffset }, firstSeq, {
    reduce: reduce[topic],
    nextCuts: (fromSeq) => readCuts(database, source, range, fromSeq, CUTS_AT_ONCE),
    take,
  });
}

/** A cut's rows of the range. What else it has brought was not asked for, and stands as it is. */
function* rowsOf(cut: Cut, range: HourRange, version: number) {
  for (const row of cut.reduction.rows(cut.source, cut.seq)) {
    if (row.window >= range.from && row.window < range.to) yield { ...row, version };
  }
}

/** Whether another attempt would fail in the same way. */
export function isFinal(error: unknown): boolean {
  return error instanceof CannotRecompute || error instanceof RecomputeRefused || error instanceof StoreRefused;
}

/** Reads the partitions of the replays from the log, as a consumer group of its own, until all are done. */
async function readAgain(
  { eventLog }: Pick<RecomputeParts, 'eventLog'>,
  group: string,
  replays: readonly CutReplay[],
  signal: AbortSignal,
): Promise<void> {
  const byPartition = new Map(replays.map((replay) => [nameOf(replay.place), replay]));
  const topics = EVENT_TOPICS.filter((topic) => replays.some(({ place }) => place.topic === topic));
  if (topics.length === 0) return;
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  const ends = new Map<string, number>();
  for (const topic of topics) for (const offsets of await eventLog.offsets(topic)) ends.set(nameOf(offsets), offsets.end);

  const reader: PartitionReader = {
    assigned: (partition) => {
      const replay = byPartition.get(nameOf(partition));
      return Promise.resolve(replay?.restart() ?? ends.get(nameOf(partition)) ?? 0);
    },
    async records(partition, records) {
      const replay = byPartition.get(nameOf(partition));
      if (replay === undefined || replay.done || signal.aborted) return;
      await replay.records(records).catch((error: unknown) => {
        // After anything else the partition is assigned again, and the cut read from its beginning.
        if (!isFinal(error) && !signal.aborted) throw error;
        done.reject(error);
      });
      if (replays.every((each) => each.done)) done.resolve();
    },
    revoked: () => Promise.resolve(),
  };
  const onAbort = () => done.reject(signal.reason instanceof Error ? signal.reason : new Error('the recompute was stopped'));
  signal.addEventListener('abort', onAbort);
  const subscription = await eventLog.consume(group, topics, reader);
  try {
    if (signal.aborted) onAbort();
    await done.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await subscription.stop();
  }
}

function nameOf({ topic, partition }: Partition): string {
  return `${topic}/${partition}`;
}
