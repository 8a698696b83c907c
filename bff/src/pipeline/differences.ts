import type { Difference, Pipeline } from '@fleetbeat/contracts/api.ts';
import { Gauge, type Registry } from 'prom-client';
import type { ReadQuery } from '../http/read-query.ts';

/** What the processors' reconciliation has found, and how far it has come. */
export type Reconciled = Pick<Pipeline, 'differences' | 'reconciled_through'>;

const SHOWN = 20;

// A source without new records for so long (not even ticks) is not in use any more: it does not hold the answer back.
const THROUGH = `
  select case when bool_and(reconciled_ms is not null) then
      min(reconciled_ms) filter (where reconciled_seq < stored_seq or reconciled_ms > newest - 300000) end as through
  from (
    select l.reconciled_ms, l.reconciled_seq, c.seq as stored_seq, max(l.reconciled_ms) over () as newest
    from sources s
    join lateral (select seq from cuts where source = s.id and stored_at is not null order by seq desc limit 1) c on true
    left join ledger_sources l on l.source = s.id
  ) source`;

const OPEN = `
  select f.id, f.kind, f.source, s.topic, s.partition, f.hour, f.seq, f.agent_id, f.expected, f.found,
    (extract(epoch from f.first_seen) * 1000)::bigint as first_seen
  from ledger_findings f join sources s on s.id = f.source
  where f.resolved_at is null order by f.first_seen, f.id limit ${SHOWN}`;

const COUNT = 'select count(*) as open from ledger_findings where resolved_at is null';

export function createReadReconciled(query: ReadQuery): () => Promise<Reconciled> {
  return async () => {
    const [items, [count], [reached]] = await Promise.all([
      query<Difference>('ledger.differences', OPEN),
      query<{ open: number }>('ledger.count', COUNT),
      query<{ through: number | null }>('ledger.through', THROUGH),
    ]);
    return { differences: { open: count?.open ?? 0, items }, reconciled_through: reached?.through ?? null };
  };
}

/** Tells in /metrics how many differences are open; nothing where that cannot be read. */
export function registerDifferencesGauge(registry: Registry, query: ReadQuery): void {
  new Gauge({
    name: 'fleetbeat_ledger_differences',
    help: 'Figures that differ between the cuts and what the stores hold. Anything above 0 needs somebody.',
    registers: [registry],
    async collect() {
      this.remove();
      const rows = await query<{ open: number }>('ledger.count', COUNT).catch(() => []);
      if (rows[0] !== undefined) this.set(rows[0].open);
    },
  });
}
