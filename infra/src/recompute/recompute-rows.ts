import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import type { Recompute } from '@fleetbeat/contracts/recompute.ts';
import type { Transaction } from '../database/database.ts';
import { currentRequest } from '../request-id.ts';

/** The table of recomputes: asked for, looked at and cancelled. Running them is the processors' part. */

/** A half-open range of event time in whole hours, epoch milliseconds. */
export interface HourRange {
  readonly from: number;
  readonly to: number;
}

export class RecomputeRefused extends Error {
  override readonly name = 'RecomputeRefused';
  /** In kebab case, for machines. */
  readonly code: 'recompute-under-way' | 'log-too-short';

  constructor(code: RecomputeRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Whoever runs a recompute gives a sign of life every second; after this long without one its process counts as dead. */
export const SILENT_FOR = '20 seconds';

/** The columns of `Recompute`, for `from recomputes`. */
export const RECOMPUTE_COLUMNS = `id, state, origin, from_ms as "from", to_ms as "to", requested_by, reason, attempts,
  (extract(epoch from created_at) * 1000)::bigint as created_at, (extract(epoch from started_at) * 1000)::bigint as started_at,
  (extract(epoch from ended_at) * 1000)::bigint as ended_at, sources, sources_done, records, records_read,
  case when state = 'running' and records_read > 0
    then (records_read / extract(epoch from heard_at - started_at))::float8 end as records_per_s,
  case when state = 'running' and records_read > 0
    then (1000 * (records - records_read) * extract(epoch from heard_at - started_at) / records_read)::bigint end as remaining_ms`;

/** Rounds a range outward to hours. */
export function wholeHours({ from, to }: HourRange): HourRange {
  return { from: windowStart(from, TIERS['1h']), to: windowStart(to + TIERS['1h'] - 1, TIERS['1h']) };
}

/** Writes down a recompute that is to be run. Throws `RecomputeRefused` while another one is under way. */
export async function addRecompute(
  transaction: Transaction,
  { origin, range, requestedBy }: { origin: Recompute['origin']; range: HourRange; requestedBy: string },
): Promise<number> {
  await endRecomputes(
    transaction,
    `origin = 'command' and coalesce(heard_at, created_at) < clock_timestamp() - interval '${SILENT_FOR}'`,
    {
      state: 'failed',
      reason: 'its process has ended',
    },
  );
  const { rows } = await transaction.query<{ id: number }>(
    `insert into recomputes (origin, from_ms, to_ms, state, requested_by, request_id) values ($1, $2, $3, 'queued', $4, $5)
     on conflict do nothing returning id`,
    [origin, range.from, range.to, requestedBy, currentRequest() ?? null],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw await underWay(transaction);
  return id;
}

async function underWay(transaction: Transaction): Promise<RecomputeRefused> {
  const { rows } = await transaction.query<{ id: number; origin: string; requested_by: string; silent_s: number }>(
    `select id, origin, requested_by, extract(epoch from clock_timestamp() - coalesce(heard_at, created_at))::int as silent_s
     from recomputes where state in ('queued', 'running')`,
  );
  const other = rows[0];
  if (other === undefined) return new RecomputeRefused('recompute-under-way', 'another recompute was under way: try again');
  const { id, origin, requested_by: by, silent_s: silent } = other;
  const where = origin === 'command' ? `from a command line that was heard of ${silent} s ago` : 'in the jobs service';
  return new RecomputeRefused(
    'recompute-under-way',
    `recompute ${id}, asked for by ${by}, is under way ${where}: wait for its end or cancel it`,
  );
}

/** Ends a recompute; none of its rows will be seen. False where it was not under way. */
export async function cancelRecompute(transaction: Transaction, id: number): Promise<boolean> {
  return (await endRecomputes(transaction, `id = ${Math.trunc(id)}`, { state: 'cancelled', reason: null })) > 0;
}

/** Ends those under way that match, and gives their rows up. Answers how many there were. */
export async function endRecomputes(
  transaction: Transaction,
  matching: string,
  { state, reason }: { state: 'failed' | 'cancelled'; reason: string | null },
): Promise<number> {
  const { rows } = await transaction.query<{ version: number | null; from_ms: number; to_ms: number }>(
    `update recomputes set state = $1, reason = coalesce($2, reason), ended_at = clock_timestamp()
     where state in ('queued', 'running') and ${matching} returning version, from_ms, to_ms`,
    [state, reason],
  );
  for (const { version, from_ms: from, to_ms: to } of rows)
    if (version !== null) await giveUpRows(transaction, version, { from, to });
  return rows.length;
}

/** Has rows dropped, once nobody can be reading them any more. */
export async function giveUpRows(transaction: Transaction, version: number, { from, to }: HourRange): Promise<void> {
  await transaction.query('insert into replaced_rows (version, from_ms, to_ms) values ($1, $2, $3)', [version, from, to]);
}
