import { TIERS, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { OpenPartials, VisualizationUpdate } from '@fleetbeat/contracts/live.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { OpenPartialsTable } from '../windows/open-partials.ts';
import type { StoredCuts } from '../windows/stored-cuts.ts';
import type { Watch } from '../windows/watches.ts';
import type { Hub } from './hub.ts';
import type { ScreenLatency } from './screen-latency.ts';
import { createSeriesView, type SeriesView } from './series-view.ts';

/**
 * Turns open partials and stored cuts into `visualization_update` messages: the fleet's series for
 * everybody in `metrics`, an agent's for those who look at it.
 */
export interface SeriesFeed {
  /** Takes in one record of the topic `aggregates`. */
  take(record: OpenPartials): void;
  /** Sends what has changed since the last round. To be called a few times a second. */
  flush(): Promise<void>;
  /** Says whose series are looked at, as far as the sockets here go. */
  watchAgents(agentIds: ReadonlySet<string>): Promise<void>;
}

export interface SeriesFeedEffects {
  timeSeries: Pick<TimeSeriesStore, 'read'>;
  open: OpenPartialsTable;
  stored: StoredCuts;
  hub: Pick<Hub, 'publish'>;
  latency: ScreenLatency;
  watch: Watch;
  now: () => number;
}

interface FedView {
  readonly view: VisualizationUpdate['view'];
  readonly key: string;
  readonly series: SeriesView;
  sentThrough: number;
}

export function createSeriesFeed(effects: SeriesFeedEffects): SeriesFeed {
  const { open, stored, hub, latency, now } = effects;
  const fleet = fedView('fleet', WHOLE);
  const agents = new Map<string, FedView>();

  stored.onStored((state) => {
    // Forgetting and reading again go together, or a window would lack the cut for a moment.
    open.stored(state.source, state.storedSeq);
    if (state.topic !== 'agent-events') return;
    for (const { series } of [fleet, ...agents.values()]) series.stored(now());
  });

  function fedView(view: VisualizationUpdate['view'], key: string): FedView {
    const series = createSeriesView({ set: view, key }, effects);
    // What came before somebody looked is in the newest windows.
    series.stored(now());
    return { view, key, series, sentThrough: 0 };
  }

  /**
   * Up to when all agent events have been seen, by the slowest of their partitions; null as long as there are
   * none. A partition that nobody reads holds it back, as it should.
   */
  function through(): number | null {
    const sources = [...stored.sources.values()].filter(({ topic }) => topic === 'agent-events');
    if (sources.length === 0) return null;
    return Math.min(...sources.map(({ source, storedThrough }) => Math.max(storedThrough, open.through.get(source) ?? 0)));
  }

  async function send(fed: FedView, upTo: number): Promise<void> {
    const points = await fed.series.takeChanged();
    if (points.length === 0 && upTo <= fed.sentThrough) return;
    fed.sentThrough = upTo;
    const update = { view: fed.view, key: fed.key, step: TIERS['10s'], points, through: upTo };
    hub.publish('visualization_update', update, fed.view === 'fleet' ? 'metrics' : `agent:${fed.key}`);
    if (fed.view === 'fleet') latency.shown(upTo, now());
  }

  return {
    take(record) {
      for (const row of open.take(record)) {
        if (row.set === 'fleet' && row.key === WHOLE) fleet.series.touch(row.window, now());
        if (row.set === 'agent') agents.get(row.key)?.series.touch(row.window, now());
      }
    },

    async flush() {
      // Taken before the points: whatever comes in meanwhile is in a later message, and may be in this one too.
      const upTo = through();
      if (upTo === null) return;
      const results = await Promise.allSettled([fleet, ...agents.values()].map((fed) => send(fed, upTo)));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },

    async watchAgents(agentIds) {
      for (const known of agents.keys()) if (!agentIds.has(known)) agents.delete(known);
      for (const agentId of agentIds) if (!agents.has(agentId)) agents.set(agentId, fedView('agent', agentId));
      await effects.watch('agent', [...agentIds]);
    },
  };
}
