import { ADDITIVE_MEASURES, type AdditiveMeasure } from '@fleetbeat/contracts/additive-measures.ts';
import { agentSchema, hostMetricsSchema, metricsSchema, type Measures } from '@fleetbeat/contracts/api.ts';
import { taskSchema } from '@fleetbeat/contracts/tasks.ts';
import { addMeasures, additiveOf, compareAgent, compareHost, compareMetrics, type Difference } from './compare.ts';
import { checkFleet, type FleetBefore } from './fleet-check.ts';
import type { Ledger } from './ledger.ts';
import type { Platform } from './platform.ts';

export interface Verification {
  readonly differences: readonly Difference[];
  /** The agents' totals as the API answered them. */
  readonly totals: Pick<Measures, AdditiveMeasure>;
  /** What was compared, in words. */
  readonly compared: readonly string[];
  /** What was not compared, and why. */
  readonly skipped: readonly string[];
}

/** How many reads are under way at a time. */
const READERS = 6;
const POLL_MS = 1_000;
/** How long a difference may take to go away once the pipeline has passed everything that was sent, in milliseconds. */
const SETTLE_MS = 10_000;

export interface VerifyOptions {
  /** What the fleet held before the run; 'ignore' takes its hours for the run's alone. */
  readonly before: FleetBefore | 'ignore';
  /** Whether the platform knew some of the events already. */
  readonly repeated: boolean;
  /** Whether the pipeline has stored everything that was in the log after the last acknowledgement. */
  readonly hasPassed: () => Promise<boolean>;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

/**
 * Compares the ledger with what the API answers. Differences that are there at first may go away, as the registry and
 * caches can be a moment behind the store: they are final some seconds after `hasPassed` or at `deadline` (epoch
 * milliseconds). An event that was lost or counted twice never goes away.
 */
export async function verify(
  platform: Platform,
  ledger: Ledger,
  { before, repeated, hasPassed, deadline }: VerifyOptions,
): Promise<Verification> {
  let end = deadline;
  for (let passed = false; ;) {
    const verification = await compareAll(platform, ledger, before, repeated);
    if (verification.differences.length === 0 || Date.now() > end) return verification;
    if (!passed && (await hasPassed())) {
      passed = true;
      end = Math.min(deadline, Date.now() + SETTLE_MS);
    }
    await sleep(POLL_MS);
  }
}

async function compareAll(
  platform: Platform,
  ledger: Ledger,
  before: FleetBefore | 'ignore',
  repeated: boolean,
): Promise<Verification> {
  const query = { from: ledger.from, to: ledger.to + 1 };
  const differences: Difference[] = [];
  const answers: Measures[] = [];

  await inParallel([...ledger.agents], async ([id, tally]) => {
    const params = { agent_id: id };
    const [metrics, agent] = await Promise.all([
      platform.get('get /agents/{agent_id}/metrics', { params, query }, metricsSchema),
      platform.get('get /agents/{agent_id}', { params }, agentSchema),
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
  for (const field of ADDITIVE_MEASURES) {
    if (Math.round(totals[field] * 1e6) !== Math.round(expected[field] * 1e6)) {
      differences.push({ scope: 'all agents', field, expected: expected[field], actual: totals[field] });
    }
  }

  await inParallel([...ledger.hosts], async ([id, gauges]) => {
    const place = { params: { host_id: id }, query: { ...query, step: '1m' } };
    const metrics = await platform.get('get /hosts/{host_id}/metrics', place, hostMetricsSchema);
    differences.push(...(metrics === null ? [missing(id, 'metrics')] : compareHost(id, gauges, metrics)));
  });

  await inParallel([...ledger.tasks], async ([id, { status }]) => {
    const task = await platform.get('get /tasks/{task_id}', { params: { task_id: id } }, taskSchema);
    if (task === null) differences.push(missing(id, 'task'));
    else if (task.status !== status) differences.push({ scope: id, field: 'status', expected: status, actual: task.status });
  });

  const fleet = await checkFleet(platform, ledger, before, repeated);
  differences.push(...fleet.differences);
  const compared = [`${ledger.agents.size} agents`, `${ledger.hosts.size} hosts`, `${ledger.tasks.size} tasks`];
  if (fleet.compared !== null) compared.push(fleet.compared);
  return { differences, totals, compared, skipped: fleet.skipped === undefined ? [] : [fleet.skipped] };
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
