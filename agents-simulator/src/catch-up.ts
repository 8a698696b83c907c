import { pipelineSchema, type Pipeline } from '@fleetbeat/contracts/api.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { Platform } from './platform.ts';

const POLL_MS = 500;

/** The pipeline did not catch up in time. */
export class StillBehind extends Error {
  override readonly name = 'StillBehind';
}

/** The delivery ledger of the platform itself. */
export async function readPipeline(platform: Platform): Promise<Pipeline> {
  const pipeline = await platform.get('get /pipeline', {}, pipelineSchema);
  if (pipeline === null) throw new Error('the API has no /pipeline');
  return pipeline;
}

export interface CatchUp {
  /**
   * Resolves when the cuts have read as many events of each topic, since before the run, as it sent. Throws
   * `StillBehind` at `deadline` (epoch milliseconds). Where others send as well, this may be too early by theirs.
   */
  untilRead(deadline: number): Promise<void>;
  /**
   * Whether every record that was in the log after the run is in a stored cut. True of everybody's events, but
   * late where a partition has only control records, which are cut once a minute.
   */
  hasPassed(): Promise<boolean>;
}

/**
 * Follows the pipeline after a run, from the offsets that the log has now.
 *
 * @param before as read before the run
 * @param sent events acknowledged, by topic
 */
export async function followPipeline(
  platform: Platform,
  before: Pipeline,
  sent: ReadonlyMap<EventTopic, number>,
): Promise<CatchUp> {
  const goals = new Map((await readPipeline(platform)).sources.map(({ source, end_offset: end }) => [source, end]));
  const readBefore = readByTopic(before);
  return {
    async untilRead(deadline) {
      for (;;) {
        const now = await readPipeline(platform);
        const read = readByTopic(now);
        const missing = [...sent]
          .map(([topic, count]) => ({ topic, count, read: (read.get(topic) ?? 0) - (readBefore.get(topic) ?? 0) }))
          .filter((each) => each.read < each.count);
        if (missing.length === 0) return;
        if (Date.now() > deadline) {
          const parts = missing.map(({ topic, count, read: done }) => `${done} of ${count} ${topic}`);
          throw new StillBehind(`the pipeline is still behind: it has read ${parts.join(', ')}; ${now.lag_events} events wait`);
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async hasPassed() {
      const { sources } = await readPipeline(platform);
      return sources.every(({ source, stored_offset: stored }) => stored >= (goals.get(source) ?? 0));
    },
  };
}

function readByTopic({ sources }: Pipeline): Map<string, number> {
  const read = new Map<string, number>();
  for (const { topic, aggregated, duplicate, dead_lettered: dead } of sources) {
    read.set(topic, (read.get(topic) ?? 0) + aggregated + duplicate + dead);
  }
  return read;
}
