import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_PARTITIONS } from '@fleetbeat/contracts/events.ts';
import { inWorld, PARTITION, postgresWorld, range, record, recorder, WAIT } from './test-worlds.ts';

const EVERYTHING = () => Number.MAX_SAFE_INTEGER;

describe('event log on Postgres, beyond the contract', () => {
  const world = inWorld(postgresWorld);

  it('drops what is old and not past the floor, and says so to readers by a higher first offset', async () => {
    const log = await world.log();
    await log.append([record('a'), record('b'), record('c', { partition: 1 })]);
    await log.expire('agent-events', 0, (partition) => (partition === 0 ? 2 : 0));
    await log.append([record('d')]);

    expect((await log.offsets('agent-events')).slice(0, 2)).toEqual([
      { topic: 'agent-events', partition: 0, start: 2, end: 3 },
      { topic: 'agent-events', partition: 1, start: 0, end: 1 },
    ]);
    const reader = recorder();
    await log.consume('late', ['agent-events'], reader);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(['d']), WAIT);
    expect(reader.offsets(PARTITION)).toEqual([2]);
    await vi.waitFor(() => expect(reader.values({ ...PARTITION, partition: 1 })).toEqual(['c']), WAIT);
  });

  it('keeps what is younger than asked', async () => {
    const log = await world.log();
    await log.append([record('a')]);
    await log.expire('agent-events', 3_600_000, EVERYTHING);
    expect((await log.offsets('agent-events'))[0]).toMatchObject({ start: 0, end: 1 });
  });

  it('never gives out an offset twice, even when nothing is left', async () => {
    const log = await world.log();
    for (let round = 1; round <= 3; round++) {
      await log.append([record(`round ${round}`)]);
      await log.expire('agent-events', 0, EVERYTHING);
      expect((await log.offsets('agent-events'))[0]).toMatchObject({ start: round, end: round });
    }
  });

  it('reads across segments that begin, and loses none of those that go, while it reads and others append', async () => {
    const log = await world.log();
    const other = world.get().open();
    const reader = recorder();
    await log.consume('rolling', ['agent-events'], reader);
    const floor = () => reader.offsets(PARTITION).length;
    const appends = [log, other].map(async (each) => {
      for (let i = 0; i < 150; i++) await each.append([record(String(i))]);
    });
    const expiries = (async () => {
      for (let i = 0; i < 40; i++) await other.expire('agent-events', 0, floor);
    })();
    await Promise.all([...appends, expiries]);
    await vi.waitFor(() => expect(reader.offsets(PARTITION).length).toBeGreaterThanOrEqual(300), WAIT);
    expect(reader.offsets(PARTITION)).toEqual(range(0, 300));
    expect((await log.offsets('agent-events'))[0]?.start).toBeGreaterThan(0);
    await other.close();
  });

  it('never lets the clock of a partition go back', async () => {
    const log = await world.log();
    await log.append([record('a')]);
    // As if the server's clock had stood an hour ahead at that append.
    const { rows } = await world
      .get()
      .database.query<{ id: number }>(
        `select s.id from log_segments s join log_partitions p on p.id = s.log where p.topic = 'agent-events' and p.partition = 0`,
      );
    await world.get().database.query(`update event_log.s${rows[0]?.id} set appended_at = appended_at + 3600000`);
    await log.append([record('b')]);
    const reader = recorder();
    await log.consume('clock', ['agent-events'], reader);
    await vi.waitFor(() => expect(reader.of(PARTITION)).toHaveLength(2), WAIT);
    const [a, b] = reader.of(PARTITION);
    expect(b?.appendedAt).toBe(a?.appendedAt);
  });

  it('takes over from a member that is gone without a word, when its leases have run out', async () => {
    const log = await world.log();
    await log.append([record('a')]);
    const { database } = world.get();
    await database.query(
      `insert into log_members values ('group', 'dead', array['agent-events'], clock_timestamp() + interval '3 s')`,
    );
    await database.query(
      `insert into log_leases select 'group', id, 'dead', clock_timestamp() + interval '3 s' from log_partitions`,
    );
    const reader = recorder();
    const began = performance.now();
    await log.consume('group', ['agent-events'], reader);
    await vi.waitFor(() => expect(reader.held()).toHaveLength(DEFAULT_PARTITIONS['agent-events']), WAIT);
    expect(performance.now() - began).toBeGreaterThan(2_000);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(['a']), WAIT);
  });

  it('gives up a partition that another has taken while this process was away', async () => {
    const log = await world.log();
    const reader = recorder();
    await log.consume('group', ['agent-events'], reader);
    await vi.waitFor(() => expect(reader.held()).toHaveLength(4), WAIT);
    const { database } = world.get();
    await database.query(
      `insert into log_members values ('group', 'zz', array['agent-events'], clock_timestamp() + interval '1 h')`,
    );
    await database.query(`update log_leases set owner = 'zz', expires_at = clock_timestamp() + interval '1 h'`);
    await vi.waitFor(() => expect(reader.held()).toEqual([]), WAIT);
  });

  it('goes on by itself after its connections were cut', async () => {
    const log = await world.log();
    const reader = recorder();
    await log.consume('cut off', ['agent-events'], reader);
    await log.append([record('before')]);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(['before']), WAIT);
    await world
      .get()
      .database.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    await vi.waitFor(() => log.append([record('after')]), WAIT);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toContain('after'), WAIT);
    expect(reader.offsets(PARTITION)).toEqual(range(0, reader.of(PARTITION).length));
  });
});
