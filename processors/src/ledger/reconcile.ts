import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import { MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import { compareAgent, compareCuts, isOutlived, type Comparison, type Keeping, type OpenFinding } from './differences.ts';
import { findingsToLookAt, record, resolve, turnOver } from './findings.ts';
import {
  hourInCuts,
  nextAgents,
  readBlock,
  readBlocks,
  readCuts,
  readHostIds,
  readSources,
  type CutRow,
  type LedgerSource,
} from './read-cuts.ts';
import { agentInStore, hourInStore } from './read-store.ts';

/** Any number that nobody else uses: one process reconciles at a time. */
const LEDGER_LOCK = 6_174_902_312;
const CUTS_AT_ONCE = 5_000;
/** Agents on the round trip in one round. */
const AGENTS_AT_ONCE = 3;
/** Hours that nothing has touched, looked at again all the same, in one round: rows can get lost later. */
const QUIET_HOURS_AT_ONCE = 1;
/** After this long a round takes up nothing further. */
const ROUND_MS = 3_000;
/** What may be dropped because of its age is not compared so shortly before. */
const MARGIN_MS = TIERS['1h'];

export interface Reconciliation {
  readonly database: Database;
  readonly store: TimeSeriesStore;
  readonly keeping: Keeping;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a round has found; null where another process is at it. */
export interface RoundResult {
  readonly opened: readonly Comparison[];
  readonly resolved: number;
  /** Hours that have changed and were not compared yet. */
  readonly hoursLeft: number;
}

interface Round {
  readonly transaction: Transaction;
  readonly store: TimeSeriesStore;
  readonly keeping: Keeping;
  readonly sources: ReadonlyMap<number, LedgerSource>;
  readonly now: number;
  readonly isOver: () => boolean;
  readonly compared: Comparison[];
}

/**
 * One round of the ledger: compares what has come since the last one, looks at open findings again and at a few
 * agents and hours in turn. All that Postgres tells is of one moment; the store's rows are those of cuts stored at
 * that moment, which never change. So nothing that happens meanwhile looks like a difference.
 */
export function reconcile({ database, store, keeping, now }: Reconciliation): Promise<RoundResult | null> {
  return inTransaction(database, async (transaction) => {
    await transaction.query('set transaction isolation level repeatable read');
    // While another engine is read, this connection only waits.
    await transaction.query(`set local idle_in_transaction_session_timeout = '5min'`);
    const lock = await transaction.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [LEDGER_LOCK]);
    if (lock.rows[0]?.held !== true) return null;
    const start = now();
    const round: Round = {
      transaction,
      store,
      keeping,
      sources: new Map((await readSources(transaction)).map((source) => [source.source, source])),
      now: start,
      isOver: () => now() - start > ROUND_MS,
      compared: [],
    };
    const cutsSeq = new Map<number, number>();
    for (const source of round.sources.values()) cutsSeq.set(source.source, await compareNewCuts(round, source));
    const lookedAt = await findingsToLookAt(transaction);
    await lookAgain(round, lookedAt);
    const left = await compareHours(round, lookedAt);
    await compareAgents(round);

    const { opened, resolved } = await record(transaction, round.compared);
    await turnOver(transaction, lookedAt);
    for (const source of round.sources.values()) {
      const uncompared = left.filter((hour) => hour.source === source.source).map((hour) => hour.checkedSeq);
      const upTo = Math.min(cutsSeq.get(source.source) ?? -1, source.storedSeq, ...uncompared);
      await noteProgress(transaction, source, cutsSeq.get(source.source) ?? -1, Math.max(upTo, source.reconciledSeq));
    }
    return { opened, resolved: resolved.length, hoursLeft: left.length };
  });
}

/** Raw events may be dropped from the accepted lateness on, where they are too many. */
function rawSince(now: number): number {
  return now - MAX_LATENESS_MS + MARGIN_MS;
}

async function compareNewCuts({ transaction, now, compared }: Round, source: LedgerSource): Promise<number> {
  const place = { source: source.source, upTo: source.storedSeq, rawSince: now };
  const [previous] =
    source.cutsSeq < 0
      ? []
      : await readCuts(transaction, { ...place, after: source.cutsSeq - 1, upTo: source.cutsSeq, limit: 1 });
  const since = source.topic === 'agent-events' ? rawSince(now) : Number.MAX_SAFE_INTEGER;
  const cuts = await readCuts(transaction, { ...place, after: source.cutsSeq, rawSince: since, limit: CUTS_AT_ONCE });
  compared.push(...compareCuts(source.source, previous ?? null, cuts, since));
  return cuts.at(-1)?.seq ?? source.cutsSeq;
}

/** Reads the figures of open findings again. Hours are compared with those that have changed. */
async function lookAgain(round: Round, findings: readonly OpenFinding[]): Promise<void> {
  const outlived: OpenFinding[] = [];
  for (const finding of findings) {
    const source = round.sources.get(finding.source);
    const cut = source === undefined || finding.seq === null ? undefined : await cutOf(round, finding.source, finding.seq);
    if (isOutlived(finding, cut?.at.newestHour ?? null, round.keeping, round.now)) outlived.push(finding);
    else if (finding.kind === 'raw_of_agent') await compareAgentCut(round, finding, cut?.at);
    else if (cut !== undefined) {
      const again = compareCuts(finding.source, cut.before, [cut.at], 0);
      round.compared.push(...again.filter(({ kind }) => kind === finding.kind));
    }
  }
  await resolve(round.transaction, outlived, 'outlived');
}

async function cutOf(
  { transaction }: Round,
  source: number,
  seq: number,
): Promise<{ before: CutRow | null; at: CutRow } | undefined> {
  const cuts = await readCuts(transaction, { source, after: seq - 2, upTo: seq, rawSince: 0, limit: 2 });
  const at = cuts.find((cut) => cut.seq === seq);
  return at && { before: cuts.find((cut) => cut.seq < seq) ?? null, at };
}

interface DueHour {
  readonly source: number;
  readonly hour: number;
  /** Cuts up to this one were in it when it was compared last. */
  readonly checkedSeq: number;
  readonly touched: number;
  /** Untouched since, but its turn. */
  readonly quiet: boolean;
}

/** Compares hours that have changed, oldest first, and a quiet one; answers those that have to wait. */
async function compareHours(round: Round, findings: readonly OpenFinding[]): Promise<DueHour[]> {
  const { transaction, store, sources } = round;
  const oldest = round.now - round.keeping['1m'] + MARGIN_MS;
  await noteNewHours(round, oldest);
  const due = await dueHours(transaction, oldest, findings);
  const hostIds = due.length === 0 ? [] : await readHostIds(transaction);
  const left: DueHour[] = [];
  for (const hour of due) {
    const source = sources.get(hour.source);
    if (source === undefined || round.isOver()) {
      if (!hour.quiet) left.push(hour);
      continue;
    }
    const place = { topic: source.topic, source: hour.source, hour: hour.hour, upTo: source.storedSeq };
    const expected = await hourInCuts(transaction, hour.source, hour.hour, source.storedSeq);
    const found = await hourInStore(store, place, hostIds);
    round.compared.push({
      source: hour.source,
      kind: 'hour_total',
      hour: hour.hour,
      seq: null,
      agentId: null,
      expected,
      found,
    });
    await transaction.query(
      `update ledger_hours set checked_seq = $3, checked_touched = $4, checked_at = clock_timestamp() where source = $1 and hour = $2`,
      [hour.source, hour.hour, source.storedSeq, hour.touched],
    );
  }
  return left;
}

/** An hour that is new here has events of cuts alone that were stored since hours were looked for last. */
async function noteNewHours({ transaction }: Round, oldest: number): Promise<void> {
  await transaction.query(
    `insert into ledger_hours (source, hour, checked_seq)
     select c.source, c.hour, coalesce(l.seen_seq, -1)
     from compacted_hours c left join ledger_sources l on l.source = c.source
     where c.hour >= $1 on conflict do nothing`,
    [oldest],
  );
  await transaction.query('delete from ledger_hours where hour < $1', [oldest]);
}

async function dueHours(transaction: Transaction, oldest: number, findings: readonly OpenFinding[]): Promise<DueHour[]> {
  const again = findings.filter(({ kind, hour }) => kind === 'hour_total' && (hour ?? 0) >= oldest);
  const { rows } = await transaction.query<DueHour>(
    `select h.source, h.hour, h.checked_seq as "checkedSeq", c.touched, c.touched = h.checked_touched as quiet
     from ledger_hours h join compacted_hours c on c.source = h.source and c.hour = h.hour
     where c.touched > h.checked_touched
        or (h.source, h.hour) in (select * from unnest($1::smallint[], $2::bigint[]))
        or (h.source, h.hour) in (select source, hour from ledger_hours where checked_at is not null order by checked_at limit $3)
     order by quiet, h.checked_at nulls first, h.hour`,
    [again.map(({ source }) => source), again.map(({ hour }) => hour), QUIET_HOURS_AT_ONCE],
  );
  return rows;
}

/** Holds the raw events of some agents against their aggregates, over the last day. */
async function compareAgents(round: Round): Promise<void> {
  const { transaction, store, sources, now } = round;
  const since = windowStart(rawSince(now), TIERS['1h']);
  const isStored = (cut: { source: number; seq: number }) => cut.seq <= (sources.get(cut.source)?.storedSeq ?? -1);
  for (const agentId of await nextAgents(transaction, AGENTS_AT_ONCE)) {
    if (round.isOver()) return;
    const blocks = (await readBlocks(transaction, agentId, since)).filter(isStored);
    const from = blocks.reduce((least, { minTs }) => Math.min(least, minTs), since);
    const to = blocks.reduce((most, { maxTs }) => Math.max(most, maxTs), now) + MARGIN_MS;
    const rows = (await agentInStore(store, agentId, { from, to })).filter(isStored);
    // A cut's events all lie before `since` where none of its rows or blocks reaches it: those were not asked for.
    const whole = new Set(
      [...blocks, ...rows.filter(({ window }) => window >= since)].map(({ source, seq }) => `${source}/${seq}`),
    );
    const aggregates = rows.filter(({ source, seq }) => whole.has(`${source}/${seq}`));
    round.compared.push(...compareAgent(agentId, aggregates, blocks));
  }
}

async function compareAgentCut(round: Round, finding: OpenFinding, cut: CutRow | undefined): Promise<void> {
  const { source, seq, agentId } = finding;
  if (seq === null || agentId === null || cut === undefined || cut.oldestHour === null || cut.newestHour === null) return;
  const range = { from: cut.oldestHour, to: cut.newestHour + TIERS['1h'], source };
  const rows = (await agentInStore(round.store, agentId, range)).filter((row) => row.seq === seq);
  const blocks = await readBlock(round.transaction, source, seq, agentId);
  const [compared] = compareAgent(agentId, rows, blocks);
  round.compared.push(compared ?? { ...finding, expected: 0, found: 0 });
}

async function noteProgress(
  transaction: Transaction,
  source: LedgerSource,
  cutsSeq: number,
  reconciledSeq: number,
): Promise<void> {
  await transaction.query(
    `insert into ledger_sources (source, cuts_seq, seen_seq, reconciled_seq, reconciled_ms)
     values ($1, $2, $3, $4, (select last_append_ms from cuts where source = $1 and seq = $4))
     on conflict (source) do update set cuts_seq = excluded.cuts_seq, seen_seq = excluded.seen_seq,
       reconciled_seq = excluded.reconciled_seq, reconciled_ms = coalesce(excluded.reconciled_ms, ledger_sources.reconciled_ms)`,
    [source.source, cutsSeq, source.storedSeq, reconciledSeq],
  );
}
