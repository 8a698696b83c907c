import { agentSchema, hostMetricsSchema, metricsSchema, modelMetricsSchema, type Measures } from '@fleetbeat/contracts/api.ts';
import { taskSchema } from '@fleetbeat/contracts/tasks.ts';
import * as z from 'zod';
import {
  ADDITIVE,
  addMeasures,
  additiveOf,
  compareAgent,
  compareHost,
  compareMeasures,
  compareMetrics,
  type AdditiveField,
  type Difference,
} from './compare.ts';
import type { Ledger } from './ledger.ts';
import type { Platform } from './platform.ts';

export interface Verification {
  readonly differences: readonly Difference[];
  /** The agents' totals as the API answered them. */
  readonly totals: Pick<Measures, AdditiveField>;
  /** How many figures' owners were compared. */
  readonly compared: { agents: number; hosts: number; tasks: number; models: number; fleet: boolean };
  /** What was not compared, and why. */
  readonly skipped: readonly string[];
}

/** How many reads are under way at a time. */
const READERS = 6;
const POLL_MS = 1_000;
/** How long a difference may take to go away once the pipeline has passed everything that was sent, in milliseconds. */
const SETTLE_MS = 10_000;

/** Whether the fleet had events of agents in a range before the run (epoch milliseconds). */
export async function isFleetEmpty(platform: Platform, from: number, to: number): Promise<boolean> {
  const metrics = await platform.get(`/fleet/metrics?from=${Math.floor(from)}&to=${Math.ceil(to)}`, metricsSchema);
  return metrics === null || metrics.totals.total_messages + metrics.totals.total_heartbeats === 0;
}

/**
 * Whether the fleet's and the models' totals are compared, which hold a run alone only where nothing else has
 * sent into its hours: `if-alone` leaves them out where agents of others turn up since `startedAt`.
 */
export type FleetCheck = { readonly when: 'always' | 'never' } | { readonly when: 'if-alone'; readonly startedAt: number };

/**
 * Compares the ledger with what the API answers. Differences that are there at first may go away, as the registry and
 * caches can be a moment behind the store: they are final some seconds after `hasPassed` or at `deadline` (epoch
 * milliseconds). An event that was lost or counted twice never goes away.
 *
 * @param hasPassed whether the pipeline has stored everything that was in the log after the last acknowledgement
 */
export async function verify(
  platform: Platform,
  ledger: Ledger,
  fleet: FleetCheck,
  hasPassed: () => Promise<boolean>,
  deadline: number,
): Promise<Verification> {
  let end = deadline;
  for (let passed = false; ;) {
    const verification = await compareAll(platform, ledger, fleet);
    if (verification.differences.length === 0 || Date.now() > end) return verification;
    if (!passed && (await hasPassed())) {
      passed = true;
      end = Math.min(deadline, Date.now() + SETTLE_MS);
    }
    await sleep(POLL_MS);
  }
}

async function compareAll(platform: Platform, ledger: Ledger, fleet: FleetCheck): Promise<Verification> {
  const range = `from=${ledger.from}&to=${ledger.to + 1}`;
  const differences: Difference[] = [];
  const skipped: string[] = [];
  const answers: Measures[] = [];

  await inParallel([...ledger.agents], async ([id, tally]) => {
    const path = `/agents/${encodeURIComponent(id)}`;
    const [metrics, agent] = await Promise.all([
      platform.get(`${path}/metrics?${range}`, metricsSchema),
      platform.get(path, agentSchema),
    ]);
    if (metrics === null) differences.push(missing(id, 'metrics'));
    else {
      answers.push(metrics.totals);
      differences.push(...compareMetrics(id, tally, metrics));
    }
    differences.push(...(agent === null ? [missing(id, 'agent')] : compareAgent(tally, agent)));
  });

  const totals = addMeasures(answers);
  const expected = additiveOf(ledger.total);
  for (const field of ADDITIVE) {
    if (Math.round(totals[field] * 1e6) !== Math.round(expected[field] * 1e6)) {
      differences.push({ scope: 'all agents', field, expected: expected[field], actual: totals[field] });
    }
  }

  await inParallel([...ledger.hosts], async ([id, gauges]) => {
    const metrics = await platform.get(`/hosts/${encodeURIComponent(id)}/metrics?${range}&step=1m`, hostMetricsSchema);
    differences.push(...(metrics === null ? [missing(id, 'metrics')] : compareHost(id, gauges, metrics)));
  });

  await inParallel([...ledger.tasks], async ([id, { status }]) => {
    const task = await platform.get(`/tasks/${encodeURIComponent(id)}`, taskSchema);
    if (task === null) differences.push(missing(id, 'task'));
    else if (task.status !== status) differences.push({ scope: id, field: 'status', expected: status, actual: task.status });
  });

  let models = 0;
  let fleetCompared = fleet.when !== 'never';
  if (fleetCompared) {
    const metrics = await platform.get(`/fleet/metrics?${range}`, metricsSchema);
    differences.push(...(metrics === null ? [missing('fleet', 'metrics')] : compareMetrics('fleet', ledger.total, metrics)));
    const byModel = await platform.get(`/models/metrics?${range}`, modelMetricsSchema);
    for (const [name, tally] of ledger.models) {
      models += 1;
      const found = byModel?.models.find(({ model }) => model === name);
      differences.push(...(found === undefined ? [missing(name, 'model')] : compareMeasures(name, tally, found.totals)));
    }
    const isShared = ({ scope }: Difference): boolean => scope === 'fleet' || ledger.models.has(scope);
    const others =
      fleet.when === 'if-alone' && differences.some(isShared) ? await otherAgents(platform, ledger, fleet.startedAt) : 0;
    if (others > 0) {
      fleetCompared = false;
      skipped.push(`fleet and models: ${others === PAGE ? `${PAGE} or more` : others} other agents sent at the same time`);
      differences.splice(0, differences.length, ...differences.filter((difference) => !isShared(difference)));
    }
  } else {
    skipped.push('fleet and models: others have sent into the same hours (--fleet compares all the same)');
  }
  const compared = {
    agents: ledger.agents.size,
    hosts: ledger.hosts.size,
    tasks: ledger.tasks.size,
    models: fleetCompared ? models : 0,
    fleet: fleetCompared,
  };
  return { differences, totals, compared, skipped };
}

const PAGE = 100;

/** How many agents of others have been seen since `startedAt`; one page is enough to know. */
async function otherAgents(platform: Platform, ledger: Ledger, startedAt: number): Promise<number> {
  const page = z.object({ items: z.array(agentSchema.pick({ agent_id: true, last_seen: true })) });
  const agents = await platform.get(`/agents?limit=${PAGE}`, page);
  return (agents?.items ?? []).filter(({ agent_id: id, last_seen: seen }) => !ledger.agents.has(id) && seen >= startedAt).length;
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const reader = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: READERS }, reader));
}

function missing(scope: string, field: string): Difference {
  return { scope, field, expected: 'present', actual: null };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
