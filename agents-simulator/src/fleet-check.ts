import { ADDITIVE_MEASURES, type AdditiveMeasure } from '@fleetbeat/contracts/additive-measures.ts';
import { agentSchema, metricsSchema, modelMetricsSchema, type Measures } from '@fleetbeat/contracts/api.ts';
import { additiveOf, compareMeasures, compareMetrics, type Difference } from './compare.ts';
import type { Ledger } from './ledger.ts';
import { pages } from './pages.ts';
import type { Platform } from './platform.ts';

/** The fleet over the hours that a run will send into, read before it starts. Times are epoch milliseconds. */
export interface FleetBefore {
  readonly from: number;
  readonly to: number;
  readonly readAt: number;
  readonly totals: Pick<Measures, AdditiveMeasure>;
}

export interface FleetFindings {
  readonly differences: readonly Difference[];
  /** What was compared, in words; null where nothing was. */
  readonly compared: string | null;
  /** Why something was not compared. */
  readonly skipped?: string;
}

/** Agents of others that were seen this long before the run may still bring events into the answers. */
const TAIL_MS = 60_000;

export async function readFleetBefore(platform: Platform, from: number, to: number): Promise<FleetBefore> {
  const range = { from: Math.floor(from), to: Math.ceil(to) };
  return { ...range, readAt: Date.now(), totals: await fleetTotals(platform, range) };
}

/**
 * Compares the fleet's figures, and the models', with the ledger.
 *
 * Where the fleet was empty before, or `before` is 'ignore', they are compared whole; else what has been
 * added since, in the fields that add up. That tells something only while nobody else sends: differences are
 * dropped where agents of others turn up, and nothing is compared where `repeated` events were there already.
 */
export async function checkFleet(
  platform: Platform,
  ledger: Ledger,
  before: FleetBefore | 'ignore',
  repeated: boolean,
): Promise<FleetFindings> {
  if (before === 'ignore') return compareWhole(platform, ledger);
  const wasEmpty = before.totals.total_messages + before.totals.total_heartbeats === 0;
  if (!wasEmpty && repeated) {
    return { differences: [], compared: null, skipped: 'fleet: some events were there before (--fleet compares all the same)' };
  }
  const findings = wasEmpty ? await compareWhole(platform, ledger) : await compareGrowth(platform, ledger, before);
  if (findings.differences.length === 0) return findings;
  const others = await countOthers(platform, ledger, before.readAt - TAIL_MS);
  if (others === 0) return findings;
  return {
    differences: [],
    compared: null,
    skipped: `fleet: ${others} other agents send as well (--fleet compares all the same)`,
  };
}

async function compareWhole(platform: Platform, ledger: Ledger): Promise<FleetFindings> {
  const query = { from: ledger.from, to: ledger.to + 1 };
  const metrics = await platform.get('get /fleet/metrics', { query }, metricsSchema);
  if (metrics === null) throw new Error('the API has no /fleet/metrics');
  const byModel = await platform.get('get /models/metrics', { query }, modelMetricsSchema);
  const ofModels = [...ledger.models].flatMap(([name, tally]): Difference[] => {
    const found = byModel?.models.find(({ model }) => model === name);
    if (found === undefined) return [{ scope: name, field: 'model', expected: 'present', actual: null }];
    return compareMeasures(name, tally, found.totals);
  });
  return {
    differences: [...compareMetrics('fleet', ledger.total, metrics), ...ofModels],
    compared: `${ledger.models.size} models and the fleet`,
  };
}

async function compareGrowth(platform: Platform, ledger: Ledger, before: FleetBefore): Promise<FleetFindings> {
  const after = await fleetTotals(platform, before);
  const sent = additiveOf(ledger.total);
  const differences = ADDITIVE_MEASURES.flatMap((field): Difference[] => {
    const grown = Math.round((after[field] - before.totals[field]) * 1e6) / 1e6;
    if (Math.round(grown * 1e6) === Math.round(sent[field] * 1e6)) return [];
    return [{ scope: 'fleet', field: `growth of ${field}`, expected: sent[field], actual: grown }];
  });
  return { differences, compared: "the fleet's growth" };
}

async function fleetTotals(
  platform: Platform,
  { from, to }: { from: number; to: number },
): Promise<Pick<Measures, AdditiveMeasure>> {
  const metrics = await platform.get('get /fleet/metrics', { query: { from, to } }, metricsSchema);
  if (metrics === null) throw new Error('the API has no /fleet/metrics');
  return metrics.totals;
}

/** How many agents that are not of this run have been seen since `since`. */
async function countOthers(platform: Platform, ledger: Ledger, since: number): Promise<number> {
  let others = 0;
  // In the order of ids: an agent that speaks meanwhile stays where it is.
  for await (const agent of pages(platform, 'get /agents', { query: { sort: 'agent_id' } }, agentSchema)) {
    if (!ledger.agents.has(agent.agent_id) && agent.last_seen >= since) others += 1;
  }
  return others;
}
