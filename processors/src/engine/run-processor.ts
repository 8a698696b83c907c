import { EVENT_TOPICS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import type { EventLog, Partition, PartitionReader, Subscription } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { CutStore } from './cut-store.ts';
import { every } from './every.ts';
import type { SourceProcessor } from './source-processor.ts';

/** The consumer group under which partitions are shared out among processors. */
export const PROCESSOR_GROUP = 'fleetbeat-processors';

/** How soon a processor that slept hears that others have gone on without it, or one that worked that a sleeper has cut. */
const NOTICE_EVERY_MS = 1_000;

export interface ProcessorEffects {
  readonly cuts: Pick<CutStore, 'lastSeqs'>;
  readonly eventLog: EventLog;
  readonly logger: Logger;
  readonly open: (topic: EventTopic, partition: number) => Promise<SourceProcessor>;
}

export interface Processor {
  /** The sources held now. */
  sources(): Iterable<SourceProcessor>;
  /** Stores what is open and lets go of every partition. */
  stop(): Promise<void>;
}

/**
 * The one consume loop: gives each partition's records to its source and keeps a source's state when the
 * partition goes away, in case it comes back before anybody else has made a cut.
 */
export async function runProcessor({ cuts, eventLog, logger, open }: ProcessorEffects): Promise<Processor> {
  const held = new Map<string, SourceProcessor>();
  const parked = new Map<string, SourceProcessor>();
  let stopping = false;

  async function takeUp({ topic, partition }: Partition): Promise<SourceProcessor> {
    const name = nameOf({ topic, partition });
    const kept = parked.get(name);
    parked.delete(name);
    if (kept !== undefined && !(await isVoid(kept))) return kept;
    return open(eventTopic(topic), partition);
  }

  const reader: PartitionReader = {
    async assigned(partition) {
      const source = await takeUp(partition);
      held.set(nameOf(partition), source);
      logger.info({ topic: partition.topic, partition: partition.partition, offset: source.position }, 'source taken up');
      return source.position;
    },

    async records(partition, records) {
      const source = held.get(nameOf(partition));
      if (source === undefined) return;
      const before = source.openCuts[0]?.seq;
      try {
        await source.records(records);
      } catch (error) {
        held.delete(nameOf(partition));
        throw error;
      }
      // Only lag tools read this; a failure is no reason to stop.
      const oldest = source.openCuts[0];
      if (oldest !== undefined && oldest.seq !== before) {
        await eventLog.commit(PROCESSOR_GROUP, partition, oldest.firstOffset).catch((error: unknown) => {
          logger.debug({ err: error }, 'offset not committed');
        });
      }
    },

    async revoked(partition) {
      const name = nameOf(partition);
      const source = held.get(name);
      held.delete(name);
      if (source === undefined) return;
      if (!stopping) {
        parked.set(name, source);
        return;
      }
      await source.flush().catch((error: unknown) => {
        logger.warn(
          { err: error, topic: partition.topic, partition: partition.partition },
          'last cut not stored; it will be read again',
        );
      });
    },
  };

  async function noticeCuts(): Promise<void> {
    const sources = [...held.values()];
    if (sources.length === 0) return;
    const newest = await cuts.lastSeqs(sources.map(({ source }) => source));
    for (const source of sources) source.noticeCut(newest.get(source.source) ?? -1);
  }

  const noticing = every(NOTICE_EVERY_MS, noticeCuts, logger, 'cuts of other processors not looked for');
  const subscription: Subscription = await eventLog.consume(PROCESSOR_GROUP, EVENT_TOPICS, reader);
  return {
    sources: () => held.values(),
    async stop() {
      stopping = true;
      await noticing.stop();
      await subscription.stop();
    },
  };
}

async function isVoid(source: SourceProcessor): Promise<boolean> {
  try {
    return await source.isOvertaken();
  } catch {
    return true;
  }
}

function nameOf({ topic, partition }: Partition): string {
  return `${topic}/${partition}`;
}

function eventTopic(topic: string): EventTopic {
  const found = EVENT_TOPICS.find((each) => each === topic);
  if (found === undefined) throw new Error(`${topic} carries no events`);
  return found;
}
