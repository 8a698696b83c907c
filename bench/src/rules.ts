import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { RULE_WINDOWS } from '@fleetbeat/contracts/rule-measures.ts';
import { ruleSchema, type RuleInput, type RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { columnsOf } from '@fleetbeat/infra/rules/measure-columns.ts';
import { BEHIND_MS } from '@fleetbeat/infra/rules/window-timing.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { startSystem, type RunningSystem } from '../../e2e/start-system.ts';
import { findBreaches } from '../../processors/src/alerts/observations.ts';
import { WindowRing } from '../../processors/src/alerts/window-ring.ts';
import { cpuSeconds, peakMemoryMiB } from './cpu-time.ts';

const SERIES = 10_000;
const RULES = 50;
const MEASURES = ['error_rate', 'total_errors', 'total_messages', 'average_response_time', 'total_cost_usd'] as const;
const SLOT_MS = 10_000;

/** How long the system runs before anything is wrong, and how many slots of 10 s things go wrong in: fewer than a rule may have alerts. */
const WARM_UP_MS = 90_000;
const SLOTS = 9;
const BURSTS_PER_SLOT = 10;

/**
 * Rules at 10,000 series x 50 rules: evaluations by CPU second against a bare walk over the same windows, what it costs to
 * sum the windows anew, and, in a whole standalone system, how long it takes from the time at which a window is looked at
 * (its end and the evaluation delay) until the notification of a breach in it is written.
 */
export async function benchRules(): Promise<Record<string, number>> {
  return { ...benchEvaluation(), ...(await benchLatency()) };
}

/** What all agents carry. */
const LABELS = { team: 'bench' };

/** No rule of these fires; every other one is about labels. */
function quietRules(): RuleInput[] {
  return Array.from({ length: RULES - 1 }, (_, index) => ({
    kind: 'threshold',
    name: `Rule ${index}`,
    watch: index % 2 === 0 ? { set: 'agent' } : { set: 'agent', labels: LABELS },
    measure: MEASURES[index % MEASURES.length] ?? 'error_rate',
    window: index % 2 === 0 ? '1m' : '5m',
    min_messages: index % 3,
    warning: { threshold: MEASURES[index % MEASURES.length] === 'error_rate' ? 0.99 + index / 10_000 : 1e9 + index },
  }));
}

const BURST: RuleInput = {
  kind: 'threshold',
  name: 'Burst',
  watch: { set: 'agent' },
  measure: 'total_errors',
  window: '1m',
  error: { threshold: 10 },
};

function benchEvaluation(): Record<string, number> {
  const rules = [...quietRules(), BURST].map((rule) => ruleSchema.parse(rule) as RuleOf<'threshold'>);
  const slots = RULE_WINDOWS['5m'] / SLOT_MS;
  const needed = columnsOf('agent', [...MEASURES]);
  const ring = new WindowRing({ family: 'events', stepMs: SLOT_MS, slots, ...needed }, 0);
  const row = new Partial('events');
  for (const [index, column] of needed.columns.entries()) row.values[column] = 3 + index;
  row.values[COLUMN.events.errors] = 0;
  const keys = Array.from({ length: SERIES }, (_, index) => `agent-${index}`);
  for (let slot = 0; slot < slots; slot++) for (const key of keys) ring.add(key, slot * SLOT_MS, row);

  const sumAll = (): Map<string, Partial> => {
    const byKey = new Map<string, Partial>();
    for (const key of ring.keys()) {
      const sum = new Partial('events');
      if (ring.addTo(sum, key, 0, ring.end, false)) byKey.set(key, sum);
    }
    return byKey;
  };
  const sums = timed(20, sumAll);
  const byKey = sumAll();
  const evaluated = timed(40, () => rules.reduce((found, rule) => found + findBreaches({ byKey }, rule).length, 0));
  const { messages, errors } = COLUMN.events;
  const bare = timed(40, () => {
    let found = 0;
    for (let rule = 0; rule < RULES; rule++) {
      for (const { values } of byKey.values()) if ((values[errors] as number) > (values[messages] as number)) found += 1;
    }
    return found;
  });
  const evaluations = SERIES * RULES;
  return {
    rule_evaluations_per_s: evaluations / evaluated,
    rule_bare_windows_per_s: evaluations / bare,
    rule_evaluation_ratio: bare / evaluated,
    rule_windows_summed_ms: sums * 1_000,
    rule_window_bytes_per_series: ring.size().bytes / SERIES,
  };
}

/** CPU seconds of one run, the median of `runs`. */
function timed(runs: number, work: () => unknown): number {
  for (let warm = 0; warm < 5; warm++) work();
  const took = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return took.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

async function benchLatency(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const logger = createLogger('bench', 'error');
  const embedded = await startEmbeddedDatabase(folder, logger);
  const database = openDatabase(embedded.url, logger);
  try {
    const system = await startSystem({ DATABASE_URL: embedded.url });
    try {
      return await breachesOf(system, database);
    } finally {
      await system.stop();
    }
  } finally {
    await database.end();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function breachesOf(system: RunningSystem, database: Database): Promise<Record<string, number>> {
  await Promise.all([...quietRules(), BURST].map((rule) => post(`${system.api}/api/v1/rules`, system.key, rule)));
  const pid = Number(readFileSync(join(system.dataDir, 'run', 'processors.pid'), 'utf8'));
  /** When each agent's burst had wholly been acknowledged. */
  const bursts = new Map<string, number>();
  const fired = new Map<string, number>();
  let running = true;

  /** Every agent says something every ten seconds. */
  const talk = async (): Promise<void> => {
    for (let turn = 0; running; turn++) {
      const begun = Date.now();
      const from = (turn * 1_000) % SERIES;
      const events = Array.from({ length: 1_000 }, (_, index) => said(`agent-${from + index}`, 'agent_response'));
      await post(`${system.ingest}/v1/events`, system.key, events);
      await pause(Math.max(0, 1_000 - (Date.now() - begun)));
    }
  };
  const look = async (): Promise<void> => {
    while (running) {
      const { rows } = await database.query<{ key: string }>(
        `select distinct a.key from alerts a join alert_rules r on r.id = a.rule_id
         join notifications n on a.id = any(n.alert_ids) where r.definition ->> 'name' = 'Burst'`,
      );
      const now = Date.now();
      for (const { key } of rows) if (!fired.has(key)) fired.set(key, now);
      await pause(20);
    }
  };
  const background = Promise.all([talk(), look()]);
  await pause(WARM_UP_MS);
  const busyFrom = cpuSeconds(pid);
  const startedAt = Date.now();
  for (let burst = 0; burst < SLOTS * BURSTS_PER_SLOT; burst++) {
    const due = startedAt + (burst * SLOT_MS) / BURSTS_PER_SLOT;
    await pause(Math.max(0, due - Date.now()));
    const agent = `agent-${burst * 37}`;
    const sentAt = Date.now();
    await post(
      `${system.ingest}/v1/events`,
      system.key,
      Array.from({ length: 20 }, () => said(agent, 'error')),
    );
    // One that was on its way when its slot ended is about the way, not about rules.
    if (Math.floor(sentAt / SLOT_MS) === Math.floor(Date.now() / SLOT_MS)) bursts.set(agent, sentAt);
  }
  await pause(SLOT_MS + BEHIND_MS + 10_000);
  const cpu = (cpuSeconds(pid) - busyFrom) / ((Date.now() - startedAt) / 1_000);
  running = false;
  await background;

  const late: number[] = [];
  const whole: number[] = [];
  for (const [agent, sentAt] of bursts) {
    const at = fired.get(agent) ?? Infinity;
    late.push(at - ((Math.floor(sentAt / SLOT_MS) + 1) * SLOT_MS + BEHIND_MS));
    whole.push(at - sentAt);
  }
  return {
    rule_breaches: late.length,
    rule_breach_to_notification_beyond_delay_p50_ms: quantile(late, 0.5),
    rule_breach_to_notification_beyond_delay_p99_ms: quantile(late, 0.99),
    rule_breach_to_notification_p50_ms: quantile(whole, 0.5),
    rule_breach_to_notification_p99_ms: quantile(whole, 0.99),
    rule_processors_cpu_share: cpu,
    rule_processors_peak_memory_mib: peakMemoryMiB(pid),
  };
}

function said(agent: string, type: 'agent_response' | 'error'): unknown {
  const model = { model_used: 'bench', response_time_ms: 120 };
  return agentMessage({ agent_id: agent, message_type: type, ...model, labels: LABELS, timestamp: undefined });
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

async function post(url: string, key: string, body: unknown): Promise<void> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    await response.text();
    if (response.ok) return;
    if (response.status !== 429 && response.status !== 503) throw new Error(`POST ${url} answered ${response.status}`);
    await pause(50);
  }
}
