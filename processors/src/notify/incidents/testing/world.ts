import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { sweepIncidents } from '../sweep-incidents.ts';
import type { Enqueue } from '@fleetbeat/infra/incidents/send-notice.ts';

/** When every world begins, epoch milliseconds: Monday, 2 March 2026, 08:00 UTC. */
export const BEGIN = Date.parse('2026-03-02T08:00:00Z');

type Kind = 'route' | 'inhibition' | 'silence' | 'schedule' | 'escalation';

/**
 * Alerts, people and channels in a real database, with a clock that goes only where it is told to. Times are seconds from the
 * beginning.
 */
export class World {
  readonly database: Database;
  /** Seconds from the beginning. */
  time = 0;
  failures: unknown[] = [];
  /** What sends a delivery; a test may have it fail. */
  enqueue: Enqueue = enqueueDelivery;
  #rules = new Set<string>();

  constructor(database: Database) {
    this.database = database;
  }

  get now(): number {
    return BEGIN + this.time * 1_000;
  }

  async channel(id: string, owner: string | null = null): Promise<void> {
    await this.database.query(`insert into channels (id, name, type, owner, updated_by) values ($1, $1, 'webhook', $2, 'test')`, [
      id,
      owner,
    ]);
  }

  async define(kind: Kind, id: string, definition: object): Promise<void> {
    await this.database.query(
      `insert into alerting_definitions (kind, id, definition, created_at, created_by, updated_at, updated_by)
       values ($1, $2, $3, $4, 'ann', $4, 'ann')
       on conflict (kind, id) do update set definition = alerting_definitions.definition || excluded.definition`,
      [kind, id, kind === 'silence' ? definition : { name: id, ...definition }, this.now],
    );
  }

  async rule(id: string, given: Partial<RuleInput> = {}): Promise<void> {
    this.#rules.add(id);
    const rule = ruleSchema.parse({ kind: 'liveness', name: id, watch: { set: 'agent' }, ...given });
    await this.database.query(`insert into alert_rules (id, definition, updated_by) values ($1, $2, 'test')`, [id, rule]);
  }

  /** Begins to fire, or fires with another severity; the rule is made where there is none. */
  async fire(key: string, { rule = 'offline', severity = 'warning' as Severity } = {}): Promise<void> {
    if (!this.#rules.has(rule)) await this.rule(rule);
    await this.#change(
      `insert into alerts (rule_id, key, state, severity, tracks, value, reason, began_at, fired_at)
       values ($1, $2, 'firing', $3, '{}', 90, 'breach_lasted', $4, $4)
       on conflict (rule_id, key) where state <> 'resolved' do update set severity = excluded.severity, seq = alerts.seq + 1
       returning id, seq`,
      [rule, key, severity, this.now],
    );
  }

  async resolve(key: string, { rule = 'offline' } = {}): Promise<void> {
    await this.#change(
      `update alerts set state = 'resolved', seq = seq + 1, resolved_at = $3 where rule_id = $1 and key = $2 and state = 'firing'
       returning id, seq`,
      [rule, key, this.now],
    );
  }

  async #change(statement: string, values: unknown[]): Promise<void> {
    const { rows } = await this.database.query<{ id: number; seq: number }>(statement, values);
    for (const { id, seq } of rows) {
      await this.database.query(
        `insert into alert_transitions (alert_id, seq, at, from_state, to_state, severity, reason)
         select id, seq, $2, 'inactive', state, severity, reason from alerts where id = $1`,
        [id, this.now],
      );
      await this.database.query('insert into alert_outbox (alert_id, seq, at) values ($1, $2, $3)', [id, seq, this.now]);
    }
    await this.sweep();
  }

  async sweep(): Promise<void> {
    await sweepIncidents({
      database: this.database,
      outgoing: { enqueue: (transaction, delivery) => this.enqueue(transaction, delivery), publicUrl: 'http://localhost:3000' },
      now: () => this.now,
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** Lets the time pass up to `until`, stopping whenever something is due. */
  async passTo(until: number): Promise<void> {
    for (;;) {
      const { rows } = await this.database.query<{ due: number | null }>('select min(due_at) as due from incident_timers');
      const due = rows[0]?.due ?? null;
      const next = due === null ? until : Math.max(this.time, (due - BEGIN) / 1_000);
      if (next > until) break;
      this.time = next;
      await this.sweep();
      if (due === null) break;
    }
    this.time = until;
    await this.sweep();
  }

  /** Every notice in order, as `<seconds> <channel> <kind>: <keys that fire> / <keys that are over>`. */
  async told(channel?: string): Promise<string[]> {
    interface Row {
      channel_id: string;
      kind: string;
      at: number;
      alerts: { key: string; state: string; severity: string }[];
    }
    const { rows } = await this.database.query<Row>(
      `select channel_id, notice ->> 'kind' as kind, (notice ->> 'at')::bigint as at, notice -> 'alerts' as alerts
       from deliveries where $1::text is null or channel_id = $1 order by id`,
      [channel ?? null],
    );
    return rows.map(({ channel_id, kind, at, alerts }) => {
      const keys = (state: string) =>
        alerts
          .filter((alert) => alert.state === state)
          .map(({ key }) => key)
          .sort()
          .join(' ');
      const parts = [
        `${(at - BEGIN) / 1_000} ${channel_id} ${kind}:`,
        keys('firing'),
        keys('resolved') && `/ ${keys('resolved')}`,
      ];
      return parts.filter((part) => part !== '').join(' ');
    });
  }

  async incidents(): Promise<{ id: number; status: string; severity: string; title: string; reopened: number }[]> {
    const { rows } = await this.database.query<{ id: number; status: string; severity: string; title: string; reopened: number }>(
      'select id, status, severity, title, reopened from incidents order by id',
    );
    return rows;
  }

  /** The timeline of all incidents, as `<seconds> <kind>: <text>`. */
  async timeline(): Promise<string[]> {
    const { rows } = await this.database.query<{ at: number; kind: string; text: string }>(
      'select at, kind, text from incident_timeline order by id',
    );
    return rows.map(({ at, kind, text }) => `${(at - BEGIN) / 1_000} ${kind}: ${text}`);
  }
}
