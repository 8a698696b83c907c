import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Topic } from '@fleetbeat/contracts/events.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { EventLog, NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { AgentPresence } from './agents/agent-presence.ts';
import { AgentReduction } from './agent-reduction.ts';
import { every } from './engine/every.ts';
import type { SourceProcessor } from './engine/source-processor.ts';
import { HostReduction } from './host-reduction.ts';
import type { HostSamples } from './hosts/host-samples.ts';
import { takeOpenPartials } from './open-partials.ts';

/** How often open partials are published, in milliseconds. */
const PARTIALS_EVERY_MS = 250;
/** How often statuses and samples are published and clocks and watches are kept, in milliseconds. */
const CHANGES_EVERY_MS = 1_000;
/** Live changes that wait while the log is away; beyond that the oldest go, as readers ask over REST then. */
const MAX_WAITING = 10_000;

/** Live changes on their way out. */
export class LiveChanges {
  #waiting: LiveRecord[] = [];

  announce(changes: readonly LiveRecord[]): void {
    this.#waiting.push(...changes);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(0, this.#waiting.length - MAX_WAITING);
  }

  /** Announces the newest samples of a cut, unless they were announced before. */
  announceSamples(samples: HostSamples): void {
    this.announce(samples.takeNewest().map((data) => ({ type: 'performance_update', data })));
  }

  take(): LiveRecord[] {
    const changes = this.#waiting;
    this.#waiting = [];
    return changes;
  }
}

/**
 * Publishes what is seen between cuts: open partials to `aggregates`, statuses, samples and tasks to `live`.
 * Nothing of it is needed for the stored answer, so a failure is logged and the next round goes on.
 */
export function publishLive(effects: {
  eventLog: EventLog;
  database: Database;
  logger: Logger;
  changes: LiveChanges;
  sources: () => Iterable<SourceProcessor>;
  presenceOf: (source: SourceProcessor) => AgentPresence | undefined;
}): { stop(): Promise<void> } {
  const { eventLog, database, logger, changes, sources, presenceOf } = effects;
  let watchedAgents: ReadonlySet<string> = new Set();

  async function publishPartials(): Promise<void> {
    const records = [...sources()]
      .filter((source) => source.topic === 'agent-events')
      .flatMap((source) => takeOpenPartials(source, watchedAgents))
      .map((open) => newRecord('aggregates', open));
    if (records.length > 0) await eventLog.append(records);
  }

  async function publishChanges(): Promise<void> {
    for (const source of sources()) {
      const presence = presenceOf(source);
      for (const { reduction } of source.openCuts) {
        if (reduction instanceof AgentReduction) presence?.see(reduction.sightings);
        else if (reduction instanceof HostReduction) changes.announceSamples(reduction.samples);
      }
      const statuses = presence?.takeChanges(source.clock) ?? [];
      changes.announce(statuses.map((data) => ({ type: 'agent_status', data })));
    }
    await keepProgress(database, [...sources()]);
    watchedAgents = await readWatchedAgents(database);
  }

  async function flushChanges(): Promise<void> {
    const records = changes.take();
    if (records.length > 0) await eventLog.append(records.map((change) => newRecord('live', change)));
  }

  const rounds = [
    every(PARTIALS_EVERY_MS, publishPartials, logger, 'open partials not published'),
    every(PARTIALS_EVERY_MS, flushChanges, logger, 'live changes not published'),
    every(CHANGES_EVERY_MS, publishChanges, logger, 'statuses not published'),
  ];
  return {
    async stop() {
      await Promise.all(rounds.map((round) => round.stop()));
    },
  };
}

function newRecord(topic: Topic, value: unknown): NewRecord {
  return { topic, partition: 0, key: null, value: Buffer.from(JSON.stringify(value)), count: 1 };
}

/** How far each source has been read, by the log's clock and offsets, for readers that ask who is silent and what is pending. */
async function keepProgress(database: Database, sources: readonly SourceProcessor[]): Promise<void> {
  if (sources.length === 0) return;
  await database.query(
    `update sources set clock_ms = p.clock_ms, read_offset = p.read_offset, open_events = p.open_events
     from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[]) as p (id, clock_ms, read_offset, open_events)
     where sources.id = p.id and sources.clock_ms <= p.clock_ms`,
    [
      sources.map((source) => source.source),
      sources.map((source) => source.clock),
      sources.map((source) => source.position),
      sources.map((source) => source.openCuts.reduce((events, cut) => events + cut.read, 0)),
    ],
  );
}

async function readWatchedAgents(database: Database): Promise<Set<string>> {
  const { rows } = await database.query<{ key: string }>(
    `select key from watches where set_name = 'agent' and expires_at > clock_timestamp() order by expires_at desc limit 1000`,
  );
  return new Set(rows.map((row) => row.key));
}
