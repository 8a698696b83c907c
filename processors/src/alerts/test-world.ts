import { FAMILIES, SETS, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import { evaluateRules, type Evaluator } from './evaluate-rules.ts';
import { RollingWindows } from './rolling-windows.ts';
import { RuleHistory } from './rule-history.ts';

const S = 1_000;
/** When a world begins, epoch milliseconds. */
export const START = 1_800_000_000_000;

/** A database with one source per topic, a store, rules, and a clock that moves when it is told to. */
export interface AlertWorld {
  readonly database: Database;
  readonly store: TimeSeriesStore;
  /** An evaluator that has just started. */
  started(): Evaluator;
  /** Goes on to `seconds` after the start; the log does too, unless it stands still. */
  at(seconds: number, logStands?: boolean): Promise<void>;
  /** Evaluates once and answers what was told: `kind severity: title`. */
  titles(evaluator: Evaluator): Promise<string[]>;
  addRule(rule: RuleInput): Promise<string>;
  /** Stores what a key did in the 10 s window that begins `seconds` after the start, and in the minute of it. */
  count(set: SetName, key: string, seconds: number, given: Readonly<Record<string, number>>): Promise<void>;
  sawAgent(
    agent: string,
    seconds: number,
    given?: { host?: string; status?: 'online' | 'busy'; heartbeat?: boolean },
  ): Promise<void>;
  sawHost(host: string, seconds: number): Promise<void>;
  /** The rows of a statement, each an array. */
  rowsOf(statement: string): Promise<unknown[]>;
  close(): Promise<void>;
}

export async function createAlertWorld(): Promise<AlertWorld> {
  const fresh = await freshDatabase();
  const { database } = fresh;
  const store = openTimeSeries(loadConfig({ DATABASE_URL: fresh.url }), database, createLogger('alerts', 'warn'));
  let clock = START;
  let seq = 0;
  const { rows } = await database.query<{ id: number }>(
    `insert into sources (topic, partition, clock_ms) values ('agent-events', 0, $1), ('host-events', 0, $1) returning id`,
    [START],
  );
  const [agents, hosts] = rows.map(({ id }) => id);

  return {
    database,
    store,

    started() {
      const now = () => clock;
      const sources = { store, database, now };
      const silentMs = { agent: 30 * S, host: 30 * S };
      const windows = new RollingWindows(sources);
      return { database, windows, history: new RuleHistory(sources, now), silentMs, now, since: 0 };
    },

    async at(seconds, logStands = false) {
      clock = START + seconds * S;
      if (!logStands) await database.query('update sources set clock_ms = $1', [clock]);
    },

    async titles(evaluator) {
      const round = await evaluateRules(evaluator);
      return round.notifications.map(({ kind, severity, title }) => `${kind} ${severity}: ${title}`);
    },

    async addRule(rule) {
      const added = await database.query<{ id: string }>(
        `insert into alert_rules (definition, updated_by) values ($1, 'test') returning id`,
        [ruleSchema.parse(rule)],
      );
      return added.rows[0]?.id ?? '';
    },

    async count(set, key, seconds, given) {
      const columns = Object.keys(FAMILIES[SETS[set]].columns);
      const values = columns.map((name) => given[name] ?? 0);
      const at = START + seconds * S;
      const row = { set, key, source: agents ?? 0, seq: seq++, values, sketch: null, distinct: null };
      const tiers: PartialRow[] = [
        { ...row, tier: '10s', window: Math.floor(at / 10_000) * 10_000 },
        { ...row, tier: '1m', window: Math.floor(at / 60_000) * 60_000 },
      ];
      await inTransaction(database, async (transaction) => {
        await store.write(tiers, transaction);
        await transaction.query(
          `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
                             first_append_ms, last_append_ms, hours, duplicates, owner, stored_at)
           values ($1, $2::bigint, $2::bigint, $2::bigint + 1, 1, 1, 1, 0, 0, 1, $3, $3, '{}', '', 'test', now())`,
          [row.source, row.seq, at],
        );
      });
    },

    async sawAgent(agent, seconds, { host, status = 'online', heartbeat = false } = {}) {
      await database.query(
        `insert into agents (agent_id, source, status, host_id, first_seen, last_seen, sends_heartbeats) values ($1, $2, $4, $5, $3, $3, $6)
         on conflict (agent_id) do update set last_seen = excluded.last_seen, status = excluded.status`,
        [agent, agents, START + seconds * S, status, host, heartbeat],
      );
    },

    async sawHost(host, seconds) {
      await database.query(
        `insert into hosts (host_id, source, first_seen, last_seen, sample, sample_ts) values ($1, $2, $3, $3, '{}', $3)
         on conflict (host_id) do update set last_seen = excluded.last_seen`,
        [host, hosts, START + seconds * S],
      );
    },

    async rowsOf(statement) {
      return (await database.query({ text: statement, rowMode: 'array' })).rows;
    },

    async close() {
      await store.close();
      await fresh.drop();
    },
  };
}
