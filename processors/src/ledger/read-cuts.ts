import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { STORED_SEQ } from '@fleetbeat/infra/time-series/stored-cuts.ts';
import type { CutReading } from './differences.ts';

/** The ledger's side of Postgres: cuts, and the raw events kept of them. */

/** A source with stored cuts, and how far it was compared. */
export interface LedgerSource {
  readonly source: number;
  readonly topic: EventTopic;
  /** The newest cut up to which all are stored: only those are compared. */
  readonly storedSeq: number;
  readonly cutsSeq: number;
  readonly seenSeq: number;
  readonly reconciledSeq: number;
}

export async function readSources(transaction: Transaction): Promise<LedgerSource[]> {
  const { rows } = await transaction.query<LedgerSource & { storedSeq: number | null }>(
    `select * from (
       select s.id as source, s.topic, ${STORED_SEQ} as "storedSeq", coalesce(l.cuts_seq, -1) as "cutsSeq",
              coalesce(l.seen_seq, -1) as "seenSeq", coalesce(l.reconciled_seq, -1) as "reconciledSeq"
       from sources s left join ledger_sources l on l.source = s.id
     ) source where "storedSeq" >= 0 order by source`,
  );
  return rows;
}

export interface CutRow extends CutReading {
  readonly newestHour: number | null;
}

/** Cuts of a source with `after` < seq <= `upTo`, in order. Raw events are counted where the oldest lies at `rawSince` or later. */
export async function readCuts(
  transaction: Transaction,
  place: { source: number; after: number; upTo: number; rawSince: number; limit: number },
): Promise<CutRow[]> {
  const { rows } = await transaction.query<CutRow>(
    `select c.seq, c.first_offset as "firstOffset", c.end_offset as "endOffset", c.expired, c.aggregated,
            h.events as "inHours", h.oldest as "oldestHour", h.newest as "newestHour",
            case when h.oldest >= $4 then
              coalesce((select sum(b.events + b.erased) from event_blocks b where b.source = c.source and b.seq = c.seq), 0)::bigint
            else 0 end as "rawEvents"
     from cuts c left join lateral (
       select coalesce(sum(value::bigint), 0)::bigint as events, min(key::bigint) as oldest, max(key::bigint) as newest
       from jsonb_each_text(c.hours)
     ) h on true
     where c.source = $1 and c.seq > $2 and c.seq <= $3 order by c.seq limit $5`,
    [place.source, place.after, place.upTo, place.rawSince, place.limit],
  );
  return rows;
}

/** Events of an hour (epoch milliseconds) in a source's cuts up to one. */
export async function hourInCuts(transaction: Transaction, source: number, hour: number, upTo: number): Promise<number> {
  const { rows } = await transaction.query<{ events: number }>(
    `select coalesce(sum((hours ->> $2)::bigint), 0)::bigint as events from cuts where hours ? $2 and source = $1 and seq <= $3`,
    [source, String(hour), upTo],
  );
  return rows[0]?.events ?? 0;
}

export async function readHostIds(transaction: Transaction): Promise<string[]> {
  const { rows } = await transaction.query<{ host_id: string }>('select host_id from hosts order by host_id');
  return rows.map((row) => row.host_id);
}

/** The next agents after the one the round trip has come to; from the first again where there are no more. */
export async function nextAgents(transaction: Transaction, count: number): Promise<string[]> {
  const { rows } = await transaction.query<{ agent_id: string }>(
    `select agent_id from agents where agent_id > (select last_agent from ledger_agents) order by agent_id limit $1`,
    [count],
  );
  const agents = rows.map((row) => row.agent_id);
  await transaction.query('update ledger_agents set last_agent = $1', [agents.length < count ? '' : agents.at(-1)]);
  return agents;
}

/** Events that were erased with their user count as kept. */
export interface RawOfCut {
  readonly source: number;
  readonly seq: number;
  readonly events: number;
  readonly minTs: number;
  readonly maxTs: number;
}

const BLOCKS = `select source, seq, events + erased as events, min_ts as "minTs", max_ts as "maxTs" from event_blocks`;

/** The raw events kept of an agent, cut by cut, where the newest lies at `since` or later. */
export async function readBlocks(transaction: Transaction, agentId: string, since: number): Promise<RawOfCut[]> {
  const { rows } = await transaction.query<RawOfCut>(`${BLOCKS} where agent_id = $1 and max_ts >= $2`, [agentId, since]);
  return rows;
}

/** The raw events kept of an agent in one cut. */
export async function readBlock(transaction: Transaction, source: number, seq: number, agentId: string): Promise<RawOfCut[]> {
  const { rows } = await transaction.query<RawOfCut>(`${BLOCKS} where source = $1 and seq = $2 and agent_id = $3`, [
    source,
    seq,
    agentId,
  ]);
  return rows;
}
