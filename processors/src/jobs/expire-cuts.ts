import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import { MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Events may lie a little ahead of the log's clock, and clocks may step. */
const MARGIN_MS = 2 * TIERS['1h'];

/**
 * Drops cuts that nothing asks for any more, and adds what they counted to `pruned_cuts`. A cut stays for as long as
 * - any of its events is in an hour whose 1 m rows, raw events or records of the log are kept: the ledger compares those, and a
 *   recompute reads them;
 * - it is not compared yet, or an open difference is about it or the next one;
 * - its hashes are there, which are the duplicate horizon;
 * - it is among a source's last, by the source's own clock: one that is not used any more keeps what it has.
 */
export async function expireCuts({ database, retention, now, signal }: RetentionContext): Promise<number> {
  const kept = Math.max(retention['10s'], retention['1m'], retention.raw, retention.log) + MAX_LATENESS_MS + MARGIN_MS;
  const { rows } = await database.query<{ source: number; cuts_seq: number; clock_ms: number }>(
    `select l.source, least(l.cuts_seq, l.reconciled_seq) as cuts_seq, newest.clock_ms from ledger_sources l
     join lateral (select last_append_ms as clock_ms from cuts c where c.source = l.source order by seq desc limit 1) newest on true
     order by l.source`,
  );
  let dropped = 0;
  for (const { source, cuts_seq: comparedSeq, clock_ms: clock } of rows) {
    const before = windowStart(Math.min(now(), clock) - kept, TIERS['1h']);
    dropped += await deleteInBatches(database, PRUNE, [source, comparedSeq, before], signal);
  }
  return dropped;
}

/** What `pruned_cuts` adds up. */
const COUNTS = ['aggregated', 'duplicate', 'dead', 'late', 'expired'];

/** At most $1 cuts of source $2 before the cut $3, all of whose events happened before $4: gone and counted at one moment. */
const PRUNE = `
  with oldest as (
    select seq, last_append_ms, hours from cuts
    where source = $2 and seq < $3 order by seq limit $1
  ), gone as (
    delete from cuts c using oldest o
    where c.source = $2 and c.seq = o.seq and o.last_append_ms < $4::bigint
      and not exists (select from jsonb_object_keys(o.hours) as hour where hour::bigint >= $4::bigint)
      and not exists (select from cut_hashes h where h.source = $2 and h.seq = o.seq)
      and not exists (select from ledger_findings f where f.source = $2 and f.seq in (o.seq, o.seq + 1) and f.resolved_at is null)
    returning c.*
  ), counted as (
    insert into pruned_cuts as p (source, through_seq, before_hour, cuts, ${COUNTS.join(', ')})
    select $2, max(seq), $4::bigint, count(*), ${COUNTS.map((count) => `sum(${count})`).join(', ')} from gone having count(*) > 0
    on conflict (source) do update set
      through_seq = greatest(p.through_seq, excluded.through_seq), before_hour = greatest(p.before_hour, excluded.before_hour),
      cuts = p.cuts + excluded.cuts, ${COUNTS.map((count) => `${count} = p.${count} + excluded.${count}`).join(', ')}
  )
  select from gone`;
