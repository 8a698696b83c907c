import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DEDUPE_HORIZON, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import { watchRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { compactHours } from '@fleetbeat/infra/time-series/compaction.ts';
import { Gauge } from 'prom-client';
import { AgentPresence } from './agents/agent-presence.ts';
import { keepAlerts } from './alerts/keep-alerts.ts';
import { AgentReduction } from './agent-reduction.ts';
import { createCutStore } from './engine/cut-store.ts';
import type { Reduction } from './engine/cut.ts';
import { every } from './engine/every.ts';
import { runProcessor } from './engine/run-processor.ts';
import { SourceProcessor, type CutTimes } from './engine/source-processor.ts';
import { HostReduction } from './host-reduction.ts';
import { keepLedger } from './ledger/keep-ledger.ts';
import { createCutPrivacy } from './privacy/cut-privacy.ts';
import { watchErasures } from './privacy/watch-erasures.ts';
import { LiveChanges, publishLive } from './publish-live.ts';
import { RuleFeed } from './rule-feed.ts';
import { TaskReduction } from './task-reduction.ts';
import { tellingOfDeadLetters } from './tell-dead-letters.ts';

/** Tasks are cut every second: their state is read from Postgres, and people wait for it. */
const CUT_TIMES: Record<EventTopic, CutTimes> = {
  'agent-events': { longest: 10_000, idle: 2_000, ticksOnly: 60_000 },
  'host-events': { longest: 10_000, idle: 2_000, ticksOnly: 60_000 },
  'task-events': { longest: 1_000, idle: 500, ticksOnly: 60_000 },
};

const COMPACT_EVERY_MS = 15_000;
/** (source, hour) pairs compacted in one round. */
const COMPACT_AT_ONCE = 50;

/** Event log in; aggregates, raw events, agents, hosts and tasks out. */
export async function start(context: ServiceContext): Promise<void> {
  const { config, logger, lifecycle, database, eventLog, timeSeries, metrics } = context;
  const owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  const feed = new RuleFeed(() => processor.sources(), Date.now);
  const cuts = feed.watching(tellingOfDeadLetters(createCutStore(database, timeSeries, owner), logger));
  const presences = new Map<number, AgentPresence>();
  const changes = new LiveChanges();

  const redaction = await watchRedaction(database, await loadSecret(config), logger);
  lifecycle.onStop('redaction', () => redaction.stop());
  const erasures = await watchErasures(database, logger);
  lifecycle.onStop('erasures', () => erasures.stop());
  const privacy = () => createCutPrivacy({ redaction, erasures });

  const reductions: Record<EventTopic, (presence: AgentPresence) => Reduction> = {
    'agent-events': (presence) => new AgentReduction(true, privacy(), (seen) => presence.see(seen)),
    'host-events': () => new HostReduction(privacy(), (samples) => changes.announceSamples(samples)),
    'task-events': () => new TaskReduction((stored) => changes.announce(stored), privacy()),
  };

  async function open(topic: EventTopic, partition: number): Promise<SourceProcessor> {
    const presence = new AgentPresence(config.agentOfflineMs);
    const source = await SourceProcessor.open(topic, partition, {
      cuts,
      reduce: () => reductions[topic](presence),
      now: Date.now,
      times: { ...CUT_TIMES[topic], late: () => feed.cutLate() },
      horizon: DEDUPE_HORIZON,
      onReplayDiffers: (unstored, cut) =>
        logger.error({ unstored, read: cut.read, end: cut.endOffset }, 'replayed cut differs from its claim'),
    });
    if (topic === 'agent-events') {
      await presence.load(database, source.source);
      presences.set(source.source, presence);
    }
    return source;
  }

  const processor = await runProcessor({ cuts, eventLog, logger, open });
  lifecycle.onStop('processor', () => processor.stop(), 20_000);

  const publisher = publishLive({
    eventLog,
    database,
    logger,
    changes,
    sources: () => processor.sources(),
    presenceOf: (source) => (source.topic === 'agent-events' ? presences.get(source.source) : undefined),
  });
  lifecycle.onStop('live publisher', () => publisher.stop());

  const compaction = every(
    COMPACT_EVERY_MS,
    async () => {
      await metrics.timed('compact_hours', () => compactHours({ store: timeSeries, database }, Date.now(), COMPACT_AT_ONCE));
    },
    logger,
    'hours not compacted',
  );
  lifecycle.onStop('compaction', () => compaction.stop());
  const ledger = keepLedger(context);
  lifecycle.onStop('ledger', () => ledger.stop());
  const alerts = keepAlerts(context, feed, (told) => changes.announce(told));
  lifecycle.onStop('alerts', () => alerts.stop());

  new Gauge({
    name: 'fleetbeat_source_position',
    help: 'Offset of the next record to read, by source.',
    labelNames: ['topic', 'partition'] as const,
    registers: [metrics.registry],
    collect() {
      this.reset();
      for (const source of processor.sources()) this.set({ topic: source.topic, partition: source.partition }, source.position);
    },
  });
}
