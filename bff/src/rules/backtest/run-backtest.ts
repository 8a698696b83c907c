import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import { MAX_BACKTEST_ALERTS, type BacktestAlert, type BacktestAnswer } from '@fleetbeat/contracts/backtest.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Config } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { readDefinitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { ReadQuery } from '../../http/read-query.ts';
import { spanOf } from './history-span.ts';
import { Allowance } from './limits.ts';
import { looksOf } from './looks.ts';
import { AlertReplay, type Look } from './replay-alerts.ts';
import { readArchived, readSubjects } from './subjects.ts';
import { whoWouldBeTold } from './telling-world.ts';

/** Backtests that one BFF runs at the same time. */
const AT_ONCE = 2;

export interface BacktestParts {
  readonly config: Pick<Config, 'agentOfflineMs' | 'hostOfflineMs' | 'retention'>;
  readonly database: Database;
  readonly timeSeries: TimeSeriesStore;
  readonly query: ReadQuery;
  readonly now: () => number;
}

export interface BacktestQuestion {
  readonly rule: Rule;
  /** Null where it is not saved. */
  readonly ruleId: string | null;
  readonly from: number;
  readonly to: number;
}

/**
 * Tells what a rule would have done over stored history, by the functions that evaluate it live: as if it had been made,
 * switched on and not in shadow, at the beginning of the range. Throws problems that say what to narrow.
 */
export type RunBacktest = (question: BacktestQuestion) => Promise<BacktestAnswer>;

export function createRunBacktest(parts: BacktestParts): RunBacktest {
  let running = 0;
  return async (question) => {
    if (running >= AT_ONCE) {
      const detail = `${AT_ONCE} backtests are running: try again when one of them is over`;
      throw new HttpProblem(429, 'backtests-running', detail, { 'retry-after': '5' });
    }
    running += 1;
    try {
      return await backtest(parts, question);
    } finally {
      running -= 1;
    }
  };
}

async function backtest(
  { config, database, timeSeries, query, now }: BacktestParts,
  { rule, ruleId, from, to }: BacktestQuestion,
): Promise<BacktestAnswer> {
  const { watch } = rule;
  const usual = watch.set === 'host' ? config.hostOfflineMs : config.agentOfflineMs;
  const silentMs = rule.kind === 'liveness' && rule.silent_s !== undefined ? rule.silent_s * 1_000 : usual;
  const span = spanOf(rule, { from, to }, silentMs, config.retention, now());
  const allowance = new Allowance();
  const breathe = () => allowance.breathe();
  const subjects = await readSubjects(query, rule, span);
  const archived = await readArchived(query, rule);
  const sources = { store: timeSeries, database, retention: config.retention, now };
  const replay = new AlertReplay(rule);
  const keys = new Set<string>();
  let last: Look | undefined;
  for await (const look of looksOf({ sources, query, allowance, subjects, archived, silentMs }, rule, span)) {
    for (const key of look.seen.keys()) keys.add(key);
    if (last !== undefined) replay.take(last, look.at);
    last = look;
    await breathe();
  }
  const { ends } = span;
  if (last !== undefined) replay.take(last, ends);

  const { alerts } = replay;
  const definitions = await readDefinitions(database, span.from);
  return {
    from: span.from,
    to: span.to,
    step_ms: span.stepMs,
    series: keys.size,
    fired: alerts.length,
    firing_ms: timeOfAny(alerts, ends),
    by_severity: bySeverity(alerts, ends),
    beyond_limit: replay.beyond,
    telling: await whoWouldBeTold({ query, definitions, subjects, breathe }, { rule, ruleId }, alerts, {
      from: span.from,
      to: ends,
    }),
    timeline: alerts.slice(0, MAX_BACKTEST_ALERTS),
    left_off: Math.max(0, alerts.length - MAX_BACKTEST_ALERTS),
  };
}

/** For how long at least one of the alerts fired; they are in the order in which they began to. */
function timeOfAny(alerts: readonly BacktestAlert[], ends: number): number {
  let sum = 0;
  let covered = 0;
  for (const { fired_at: firedAt, resolved_at: resolvedAt } of alerts) {
    const end = resolvedAt ?? ends;
    sum += Math.max(0, end - Math.max(firedAt, covered));
    covered = Math.max(covered, end);
  }
  return sum;
}

function bySeverity(alerts: readonly BacktestAlert[], ends: number): BacktestAnswer['by_severity'] {
  const of = (severity: Severity) => ({
    fired: alerts.filter((alert) => alert.severity === severity).length,
    firing_ms: alerts.reduce((sum, alert) => sum + timeAt(alert, severity, ends), 0),
  });
  return { info: of('info'), warning: of('warning'), error: of('error') };
}

function timeAt({ levels, resolved_at: resolvedAt }: BacktestAlert, severity: Severity, ends: number): number {
  return levels.reduce((sum, level, i) => {
    const end = levels[i + 1]?.at ?? resolvedAt ?? ends;
    return level.severity === severity ? sum + end - level.at : sum;
  }, 0);
}
