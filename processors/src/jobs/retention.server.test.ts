import type { Tier } from '@fleetbeat/contracts/aggregates.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { type FreshDatabase, freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteInBatches } from './delete-in-batches.ts';
import { expireCutHashes } from './expire-cut-hashes.ts';
import { expireCuts } from './expire-cuts.ts';
import { expireDeadLetters } from './expire-dead-letters.ts';
import { expireEventLog, storedOffsets } from './expire-event-log.ts';
import { expireRawEvents } from './expire-raw-events.ts';
import { expireSignIn } from './expire-sign-in.ts';
import { expireTimeSeries } from './expire-time-series.ts';
import { expireWatches } from './expire-watches.ts';
import type { RetentionContext } from './retention-context.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_800_000_000_000;
const signal = new AbortController().signal;

let fresh: FreshDatabase;
let logExpiries: [string, number, number][];
let tierExpiries: [Tier, number][];
let context: RetentionContext;

beforeEach(async () => {
  fresh = await freshDatabase();
  logExpiries = [];
  tierExpiries = [];
  context = {
    database: fresh.database,
    // Only the one call is used; what the engines do with it is in their own contract tests.
    eventLog: {
      expire: (topic: string, keepMs: number, floor: (partition: number) => number) => {
        logExpiries.push([topic, keepMs, floor(0)]);
        return Promise.resolve();
      },
    } as unknown as RetentionContext['eventLog'],
    timeSeries: {
      expire: (tier: Tier, before: number) => {
        tierExpiries.push([tier, before]);
        return Promise.resolve();
      },
    } as unknown as RetentionContext['timeSeries'],
    retention: loadConfig({}).retention,
    logger: createLogger('test', 'silent'),
    now: () => NOW,
    signal,
  };
  await fresh.database.query(`insert into sources (topic, partition) values ('agent-events', 0), ('agent-events', 1)`);
});
afterEach(() => fresh.drop());

async function numbers(sql: string): Promise<number[]> {
  return (await fresh.database.query<{ n: number }>(sql)).rows.map(({ n }) => n);
}

async function addBlocks(ages: readonly number[], bytes = 10): Promise<void> {
  await fresh.database.query(
    `insert into event_blocks (source, seq, agent_id, events, min_ts, max_ts, types, block)
     select 1, place, 'a', 1, ts, ts, 1, decode(repeat(md5(place::text), $2), 'hex')
     from unnest($1::bigint[]) with ordinality as t (ts, place)`,
    [ages.map((age) => NOW - age), Math.ceil(bytes / 16)],
  );
}

async function addCuts(
  source: number,
  cuts: readonly [seq: number, first: number, end: number, stored: boolean][],
): Promise<void> {
  for (const [seq, first, end, stored] of cuts) {
    await fresh.database.query(
      `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
         first_append_ms, last_append_ms, hours, owner, stored_at)
       values ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, '{}', 'test', case when $5 then clock_timestamp() end)`,
      [source, seq, first, end, stored],
    );
  }
}

describe('retention', () => {
  it('drops raw events by age', async () => {
    await addBlocks([8 * DAY, 7 * DAY + 1, 7 * DAY - 1, HOUR]);
    expect(await expireRawEvents(context)).toBe(2);
    expect(await numbers('select seq n from event_blocks order by 1')).toEqual([3, 4]);
  });

  it('drops the oldest raw events where they are larger than allowed, but none of the last day', async () => {
    await addBlocks([5 * DAY, 4 * DAY, 3 * DAY, 12 * HOUR, HOUR], 10_000);
    const roomy = { ...context.retention, rawBytes: 1_000_000 };
    expect(await expireRawEvents({ ...context, retention: roomy })).toBe(0);
    const tight = { ...context.retention, rawBytes: 40_000 };
    expect(await expireRawEvents({ ...context, retention: tight })).toBe(2);
    expect(await numbers('select seq n from event_blocks order by 1')).toEqual([3, 4, 5]);
    const tiny = { ...context.retention, rawBytes: 1_000 };
    expect(await expireRawEvents({ ...context, retention: tiny })).toBe(1);
    expect(await numbers('select seq n from event_blocks order by 1')).toEqual([4, 5]);
  });

  it('drops the hashes of cuts behind the horizon, for each source by itself', async () => {
    await fresh.database.query(
      `insert into cut_hashes (source, seq, events, hashes) values
         (1, 1, 10, ''), (1, 2, 10, ''), (1, 3, 10, ''), (1, 4, 10, ''), (2, 1, 10, ''), (2, 2, 10, '')`,
    );
    expect(await expireCutHashes(context, 20)).toBe(2);
    expect(await numbers('select source * 10 + seq n from cut_hashes order by 1')).toEqual([13, 14, 21, 22]);
    expect(await expireCutHashes(context, 15)).toBe(0);
  });

  it('drops cuts that nothing asks for any more, and keeps what they have counted', async () => {
    const old = NOW - 40 * DAY;
    // Of 100 events, 1 a duplicate, 1 dead, an hour each; the last is new.
    await fresh.database.query(
      `insert into cuts (source, seq, first_offset, end_offset, expired, records, read, aggregated, duplicate, dead, late,
         first_append_ms, last_append_ms, hours, owner, stored_at)
       select source, seq, seq, seq + 1, 1, 1, 102, 100, 1, 1, 2, at, at, jsonb_build_object((at / 3600000 * 3600000)::text, 100), 'test', now()
       from generate_series(1, 2) source, generate_series(0, 9) seq,
         lateral (select case when seq < 9 then $1::bigint + seq * 3600000 else $2 end as at)`,
      [old, NOW],
    );
    // Not compared from cut 8 on; cut 2 is where a difference is, and cut 5 within the duplicate horizon; cut 7 has an event of today.
    await fresh.database.query(
      `insert into ledger_sources (source, cuts_seq, seen_seq, reconciled_seq) values (1, 8, 9, 9), (2, -1, 9, -1)`,
    );
    await fresh.database.query(
      `insert into ledger_findings (source, kind, seq, expected, found) values (1, 'offset_gap', 2, 2, 3)`,
    );
    await fresh.database.query(`insert into cut_hashes (source, seq, events, hashes) values (1, 5, 100, '')`);
    await fresh.database.query(`update cuts set hours = hours || jsonb_build_object($1::text, 1) where source = 1 and seq = 7`, [
      String(NOW - DAY),
    ]);

    const totals = `select sum(c) n from (
      select sum(aggregated + 10000 * duplicate + 1000000 * dead + 100000000 * late + 10000000000 * expired) c from cuts
      union all
      select sum(aggregated + 10000 * duplicate + 1000000 * dead + 100000000 * late + 10000000000 * expired) from pruned_cuts) t`;
    const before = await numbers(totals);
    const tight = { ...context, now: () => old + 20 * DAY };
    expect(await expireCuts(tight)).toBe(0);
    expect(await expireCuts(context)).toBe(4);
    expect(await numbers('select seq n from cuts where source = 1 order by 1')).toEqual([1, 2, 5, 7, 8, 9]);
    expect(await numbers('select count(*) n from cuts where source = 2')).toEqual([10]);
    expect(await numbers(totals)).toEqual(before);

    // What was in the way has gone, and the source goes on.
    await fresh.database.query('delete from cut_hashes');
    await fresh.database.query('update ledger_sources set cuts_seq = 9');
    const later = { ...context, now: () => NOW + 40 * DAY };
    expect(await expireCuts(later)).toBe(2);
    await fresh.database.query('update cuts set last_append_ms = $1 where source = 1 and seq = 9', [NOW + 40 * DAY]);
    expect(await expireCuts(later)).toBe(1);
    expect(await numbers('select seq n from cuts where source = 1 order by 1')).toEqual([1, 2, 9]);
    expect(await numbers('select through_seq n from pruned_cuts')).toEqual([8]);
    expect(await numbers(totals)).toEqual(before);
  });

  it('drops dead letters after 30 days', async () => {
    await fresh.database.query(
      `insert into dead_letters (source, log_offset, position, appended_at, code, reason, payload)
       values (1, 1, 0, $1, 'x', 'x', ''), (1, 2, 0, $2, 'x', 'x', '')`,
      [NOW - 31 * DAY, NOW - 29 * DAY],
    );
    expect(await expireDeadLetters(context)).toBe(1);
    expect(await numbers('select log_offset n from dead_letters')).toEqual([2]);
  });

  it('drops watches that are over', async () => {
    await fresh.database.query(
      `insert into watches values ('agent', 'old', clock_timestamp() - interval '2 minutes'), ('agent', 'new', clock_timestamp())`,
    );
    expect(await expireWatches(context)).toBe(1);
  });

  it('drops sessions that are over and sign-in links a day later', async () => {
    await fresh.database.query(
      `insert into sessions (id, hash, name, scopes, last_seen_at, expires_at) values
         ('over', 'a', '', '{}', now(), now() - interval '1 second'),
         ('idle', 'b', '', '{}', now() - interval '13 hours', now() + interval '1 day'),
         ('used', 'c', '', '{}', now(), now() + interval '1 day')`,
    );
    await fresh.database.query(
      `insert into login_tokens (hash, name, scopes, expires_at) values
         ('a', '', '{}', now() - interval '25 hours'), ('b', '', '{}', now() - interval '1 hour')`,
    );
    expect(await expireSignIn(context)).toBe(3);
    const { rows } = await fresh.database.query('select id from sessions');
    expect(rows).toEqual([{ id: 'used' }]);
  });

  it('asks the store to drop each tier by its own age, and keeps 1 m rows that are not compacted', async () => {
    await expireTimeSeries(context);
    expect(tierExpiries).toEqual([
      ['10s', NOW - 3 * DAY],
      ['1m', NOW - 30 * DAY],
      ['1h', NOW - 730 * DAY],
    ]);
    const openHour = NOW - 40 * DAY;
    await fresh.database.query(`insert into compacted_hours values (1, $1, 2, 1), (1, $2, 1, 1)`, [openHour, NOW - 800 * DAY]);
    tierExpiries = [];
    expect(await expireTimeSeries(context)).toBe(1);
    expect(tierExpiries[1]).toEqual(['1m', openHour]);
  });

  it('never drops records of the log past a cut that is not stored', async () => {
    await addCuts(1, [
      [1, 0, 100, true],
      [2, 100, 250, true],
    ]);
    await addCuts(2, [
      [1, 0, 50, true],
      [2, 50, 90, false],
      [3, 90, 120, false],
    ]);
    expect(await storedOffsets(fresh.database, 'agent-events')).toEqual(
      new Map([
        [0, 250],
        [1, 50],
      ]),
    );
    await expireEventLog(context);
    expect(logExpiries).toEqual([
      ['aggregates', HOUR, Number.POSITIVE_INFINITY],
      ['live', HOUR, Number.POSITIVE_INFINITY],
      ['agent-events', 48 * HOUR, 250],
      // Nobody has read these yet.
      ['host-events', 48 * HOUR, 0],
      ['task-events', 48 * HOUR, 0],
    ]);
  });

  it('deletes in batches until nothing is left, and stops between two of them', async () => {
    await addBlocks(Array.from({ length: 25 }, () => 8 * DAY));
    const statement = 'delete from event_blocks where seq in (select seq from event_blocks limit $1)';
    expect(await deleteInBatches(fresh.database, statement, [], signal, 10)).toBe(25);
    await expect(deleteInBatches(fresh.database, statement, [], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
