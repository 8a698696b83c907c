import { SETS, TIERS, type PartialRow, type SetName, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../database/database.ts';
import { createLogger } from '../logger.ts';
import { freshDatabase, influxServer, type FreshDatabase } from '../testing/servers.ts';
import { compactHours } from './compaction.ts';
import { createInfluxStore } from './influx.ts';
import { COLUMN, Partial } from './partial.ts';
import { createPostgresStore } from './postgres.ts';
import { readWindows, type WindowsByKey, type WindowsQuery } from './read-windows.ts';
import { TooManyRows, type TimeSeriesStore } from './time-series.ts';

/** The reader and the compaction on real servers: whatever happens under way, no event counts twice and none is missing. */

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

const engines = [
  { engine: 'postgres', absent: false },
  { engine: 'influxdb', absent: influxServer()?.org !== undefined || influxServer() === null },
] as const;

interface TestEvent {
  readonly set: SetName;
  readonly key: string;
  readonly ts: number;
  readonly us: number;
  readonly user: number;
}

describe.each(engines)('windows read from $engine', ({ engine, absent }) => {
  describe.skipIf(absent)('on its real server', () => {
    let fresh: FreshDatabase;
    let store: TimeSeriesStore;
    let drop: () => Promise<unknown> = () => Promise.resolve();
    let partitions = 0;
    let keys = 0;

    beforeAll(async () => {
      fresh = await freshDatabase();
      const influx = influxServer();
      if (engine === 'postgres' || influx === null) {
        store = createPostgresStore(fresh.database);
        return;
      }
      const bucket = `windows_${randomBytes(6).toString('hex')}`;
      store = createInfluxStore({ url: influx.url, token: influx.token, org: undefined, bucket }, createLogger('test', 'silent'));
      drop = () =>
        fetch(`${influx.url}/query`, { method: 'POST', body: new URLSearchParams({ q: `DROP DATABASE "${bucket}"` }) });
    });

    afterAll(async () => {
      await store.close();
      await Promise.all([fresh.drop(), drop()]);
    });

    /** One partition of a topic, cut as the processors do it: claim, write, then mark together with the hours. */
    async function newSource() {
      const { database } = fresh;
      const { rows } = await database.query<{ id: number }>(
        `insert into sources (topic, partition) values ('test', $1) returning id`,
        [partitions++],
      );
      const source = rows[0]?.id ?? NaN;
      let next = 0;
      const claim = async (seq: number) => {
        await database.query(
          `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
                             first_append_ms, last_append_ms, hours, owner)
           values ($1, $2::bigint, $2::bigint, $2::bigint + 1, 1, 0, 0, 0, 0, 0, 0, 0, '{}', 'test')`,
          [source, seq],
        );
      };
      const write = (rowsOfCut: readonly PartialRow[]) =>
        inTransaction(database, (transaction) => store.write(rowsOfCut, transaction));
      const mark = (seq: number, events: readonly TestEvent[]) =>
        inTransaction(database, async (transaction) => {
          await transaction.query('update cuts set stored_at = clock_timestamp() where source = $1 and seq = $2', [source, seq]);
          await transaction.query(
            `insert into compacted_hours as c (source, hour, touched) select $1, hour, 1 from unnest($2::bigint[]) as hour
             on conflict (source, hour) do update set touched = c.touched + 1`,
            [source, [...new Set(events.map(({ ts }) => Math.floor(ts / HOUR) * HOUR))]],
          );
        });
      return {
        source,
        claim,
        write,
        mark,
        /** Stores the next cut. */
        async cut(events: readonly TestEvent[]) {
          const seq = next++;
          await claim(seq);
          await write(rowsOf(events, source, seq));
          await mark(seq, events);
        },
        /** What the processor would say of a cut that is still open. */
        open: (events: readonly TestEvent[], seq = next) => rowsOf(events, source, seq).filter(({ tier }) => tier === '10s'),
      };
    }

    const read = async (
      query: Pick<WindowsQuery, 'keys' | 'from' | 'to' | 'stepMs'> & { [K in keyof WindowsQuery]?: WindowsQuery[K] },
      from = store,
    ) =>
      plain(
        (await readWindows({ store: from, database: fresh.database, now: () => NOW }, { set: 'agent', sketches: true, ...query }))
          .byKey,
      );

    /** Compacts everything that is due, so that tests do not see each other's hours. */
    const compactAll = async (now = NOW) => {
      let compacted = 0;
      for (;;) {
        const some = await compactHours({ store, database: fresh.database }, now, 1_000);
        if (some === 0) return compacted;
        compacted += some;
      }
    };

    const newKey = () => `agent-${keys++}`;

    it.each([1, 2, 3, 4])(
      'merges cuts, sources, open partials and compacted hours exactly (seed %i)',
      { timeout: 60_000 },
      async (seed) => {
        const random = seeded(seed);
        const from = NOW - 6 * HOUR;
        const ofSeed = [newKey(), newKey(), newKey()];
        const sources = await Promise.all([newSource(), newSource()]);
        const stored: TestEvent[] = [];
        const someEvents = (n: number) =>
          Array.from({ length: n }, (): TestEvent => ({
            set: 'agent',
            key: ofSeed[random(3)] as string,
            // Mostly around the end, some hours late.
            ts: random(3) > 0 ? NOW - random(20 * MINUTE) - 1 : from + random(6 * HOUR),
            us: random(2_000_000),
            user: random(40),
          }));
        for (let round = 0; round < 5; round++) {
          for (const source of sources) {
            const events = someEvents(1 + random(60));
            await source.cut(events);
            stored.push(...events);
          }
          if (random(2) === 0) await compactHours({ store, database: fresh.database }, NOW - random(3) * HOUR, 1 + random(20));
          const open = sources.map((source) => {
            const events = someEvents(random(20));
            return { events, rows: source.open(events) };
          });
          const events = [...stored, ...open.flatMap((each) => each.events)];
          for (const stepMs of [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, HOUR, 3 * HOUR]) {
            const range = { keys: ofSeed, from: NOW - random(6 * HOUR), to: NOW + 10 * MINUTE, stepMs };
            const found = await read({ ...range, open: open.flatMap(({ rows }) => rows) });
            expect(found).toEqual(plain(truth(events, range)));
          }
        }
        const range = { keys: ofSeed, from, to: NOW, stepMs: HOUR };
        await compactAll();
        expect(await read(range)).toEqual(plain(truth(stored, range)));
      },
    );

    it('counts a cut once, however far it has come when it is read', async () => {
      const key = newKey();
      const source = await newSource();
      const first = eventsOf(key, NOW - 90 * SECOND, 5);
      const second = eventsOf(key, NOW - 70 * SECOND, 7);
      const rows = rowsOf(second, source.source, 1);
      await source.cut(first);
      const open = source.open(second);
      for (const stepMs of [10 * SECOND, MINUTE, HOUR]) {
        const range = { keys: [key], from: NOW - HOUR, to: NOW, stepMs };
        const both = plain(truth([...first, ...second], range));
        expect(await read({ ...range, open })).toEqual(both);
      }
      const range = { keys: [key], from: NOW - HOUR, to: NOW, stepMs: MINUTE };
      const [onlyFirst, both] = [plain(truth(first, range)), plain(truth([...first, ...second], range))];
      await source.claim(1);
      expect(await read({ ...range, open })).toEqual(both);
      await source.write(rows.slice(0, 1));
      expect(await read({ ...range, open })).toEqual(both);
      expect(await read(range)).toEqual(onlyFirst);
      await source.write(rows);
      expect(await read({ ...range, open })).toEqual(both);
      expect(await read(range)).toEqual(onlyFirst);
      await source.mark(1, second);
      expect(await read({ ...range, open })).toEqual(both);
      expect(await read(range)).toEqual(both);
    });

    it('counts the very first cut of a source once', async () => {
      const key = newKey();
      const source = await newSource();
      const events = eventsOf(key, NOW - 90 * SECOND, 5);
      const open = source.open(events);
      const range = { keys: [key], from: NOW - HOUR, to: NOW, stepMs: MINUTE };
      const expected = plain(truth(events, range));
      expect(await read({ ...range, open })).toEqual(expected);
      const during = doing(store, () => source.cut(events));
      expect(await read({ ...range, open }, during)).toEqual(expected);
      expect(await read({ ...range, open })).toEqual(expected);
    });

    it.each([10 * SECOND, MINUTE, HOUR])('counts a cut once that is stored under the read (step %i)', async (stepMs) => {
      const key = newKey();
      const source = await newSource();
      const first = eventsOf(key, NOW - 90 * SECOND, 5);
      const second = eventsOf(key, NOW - 80 * SECOND, 7);
      await source.cut(first);
      const range = { keys: [key], from: NOW - HOUR, to: NOW, stepMs };
      const during = doing(store, () => source.cut(second));
      expect(await read({ ...range, open: source.open(second) }, during)).toEqual(plain(truth([...first, ...second], range)));
      expect(await read(range)).toEqual(plain(truth([...first, ...second], range)));
    });

    it('reads an hour whose rows are replaced under the read', async () => {
      const key = newKey();
      const source = await newSource();
      const hours = [NOW - 5 * HOUR, NOW - 4 * HOUR, NOW - 3 * HOUR];
      const first = hours.flatMap((hour) => eventsOf(key, hour, 5));
      const late = eventsOf(key, NOW - 4 * HOUR + 20 * MINUTE, 3);
      await source.cut(first);
      await compactAll();
      const range = { keys: [key], from: NOW - 5 * HOUR, to: NOW - 2 * HOUR, stepMs: HOUR };
      let reads = 0;
      const during = doing(store, async () => {
        if (reads++ > 0) return;
        await source.cut(late);
        await compactAll();
      });
      const found = await read(range, during);
      const [before, after] = [plain(truth(first, range)), plain(truth([...first, ...late], range))];
      // Either moment would do; a mixture, or an hour that has vanished, would not.
      expect([before, after]).toContainEqual(found);
      expect(await read(range)).toEqual(after);
    });

    it('compacts an hour again when late events came while it was compacted', async () => {
      const key = newKey();
      const source = await newSource();
      const first = eventsOf(key, NOW - 3 * HOUR, 5);
      const late = eventsOf(key, NOW - 3 * HOUR + 30 * MINUTE, 4);
      await source.cut(first);
      let reads = 0;
      const during = doing(store, async () => {
        if (reads++ === 0) await source.cut(late);
      });
      const range = { keys: [key], from: NOW - 3 * HOUR, to: NOW - 2 * HOUR, stepMs: HOUR };
      const expected = plain(truth([...first, ...late], range));
      expect(await compactHours({ store: during, database: fresh.database }, NOW, 1)).toBe(0);
      expect(await read(range)).toEqual(expected);
      expect(await compactAll()).toBe(1);
      expect(await read(range)).toEqual(expected);
      const hour = await store.read({
        set: 'agent',
        keys: [key],
        tier: '1h',
        from: NOW - 3 * HOUR,
        to: NOW - 2 * HOUR,
        sketches: false,
        limit: 9,
      });
      expect(hour.filter(({ seq }) => seq === 2).length).toBe(1);
      if (engine === 'postgres') expect(hour.length).toBe(1);
    });

    it('does not compact what a cut has only half written', async () => {
      const key = newKey();
      const source = await newSource();
      const first = eventsOf(key, NOW - 3 * HOUR, 5);
      const second = eventsOf(key, NOW - 3 * HOUR + MINUTE, 4);
      await source.cut(first);
      await source.claim(1);
      await source.write(rowsOf(second, source.source, 1));
      const range = { keys: [key], from: NOW - 3 * HOUR, to: NOW - 2 * HOUR, stepMs: HOUR };
      await compactAll();
      expect(await read(range)).toEqual(plain(truth(first, range)));
      await source.mark(1, second);
      expect(await read(range)).toEqual(plain(truth([...first, ...second], range)));
      await compactAll();
      expect(await read(range)).toEqual(plain(truth([...first, ...second], range)));
    });

    it('leaves alone the hour that goes on, and lets one process compact at a time', async () => {
      const key = newKey();
      const source = await newSource();
      await compactAll(NOW + HOUR);
      await source.cut([...eventsOf(key, NOW, 2), ...eventsOf(key, NOW - HOUR, 2), ...eventsOf(key, NOW - 2 * HOUR, 2)]);
      const target = { store, database: fresh.database };
      expect(await compactHours(target, NOW + 2 * MINUTE - 1, 10)).toBe(1);
      let other: number | undefined;
      const during = doing(store, async () => {
        other ??= await compactHours(target, NOW + 2 * MINUTE, 10);
      });
      expect(await compactHours({ store: during, database: fresh.database }, NOW + 2 * MINUTE, 10)).toBe(1);
      expect(other).toBe(0);
      expect(await compactHours(target, NOW + 2 * MINUTE, 10)).toBe(0);
    });

    it('goes on to other hours after one that fails, and says so', async () => {
      const source = await newSource();
      await source.cut([...eventsOf(newKey(), NOW - 5 * HOUR, 2), ...eventsOf(newKey(), NOW - 4 * HOUR, 2)]);
      const failing: TimeSeriesStore = {
        ...store,
        read: (query) => (query.from < NOW - 4 * HOUR ? Promise.reject(new Error('this hour is broken')) : store.read(query)),
      };
      await expect(compactHours({ store: failing, database: fresh.database }, NOW, 10)).rejects.toThrow('this hour is broken');
      expect(await compactAll()).toBe(1);
    });

    it('reads old ranges from coarser tiers and bounds what one answer takes', async () => {
      const key = newKey();
      const source = await newSource();
      const events = eventsOf(key, NOW - 5 * DAY, 50);
      await source.cut(events);
      const sources = { store, database: fresh.database, now: () => NOW };
      const query = { set: 'agent', keys: [key], from: NOW - 5 * DAY, to: NOW - 5 * DAY + HOUR, sketches: true } as const;
      const found = await readWindows(sources, { ...query, stepMs: 10 * SECOND });
      expect(found).toMatchObject({ stepMs: MINUTE, tier: '1m', from: query.from, to: query.to });
      expect(plain(found.byKey)).toEqual(plain(truth(events, { keys: [key], from: query.from, to: query.to, stepMs: MINUTE })));
      const rows = 50 / 6;
      await expect(readWindows(sources, { ...query, stepMs: MINUTE, limit: Math.floor(rows) - 1 })).rejects.toThrow(TooManyRows);
      await expect(readWindows(sources, { ...query, stepMs: 15 * SECOND })).rejects.toThrow(RangeError);
    });

    it('leaves sketches out where nobody asks for them, open ones too', async () => {
      const key = newKey();
      const source = await newSource();
      await source.cut(eventsOf(key, NOW - MINUTE, 3));
      const open = source.open(eventsOf(key, NOW - MINUTE, 2));
      const sources = { store, database: fresh.database, now: () => NOW };
      const { byKey } = await readWindows(sources, {
        set: 'agent',
        keys: [key],
        from: NOW - MINUTE,
        to: NOW,
        stepMs: MINUTE,
        sketches: false,
        open,
      });
      const partial = byKey.get(key)?.get(NOW - MINUTE);
      expect(partial?.values[COLUMN.events.messages]).toBe(5);
      expect(partial?.sketch).toBeNull();
      expect(partial?.distinct).toBeNull();
    });
  });
});

/** A store that does something else each time, just before it reads. */
function doing(store: TimeSeriesStore, first: () => Promise<unknown>): TimeSeriesStore {
  let done = false;
  return {
    ...store,
    read: async (query) => {
      // What is done may itself read.
      if (!done) {
        done = true;
        await first().finally(() => (done = false));
      }
      const result = await store.read(query);
      return result;
    },
  };
}

/** One event each 10 seconds, spread over an hour at most. */
function eventsOf(key: string, from: number, n: number): TestEvent[] {
  return Array.from({ length: n }, (_, i) => ({
    set: 'agent',
    key,
    ts: from + i * 10 * SECOND,
    us: 1_000 * (i + 1),
    user: i % 3,
  }));
}

function count(into: Map<string, Partial>, name: string, event: TestEvent): void {
  const partial = into.get(name) ?? new Partial(SETS[event.set]);
  into.set(name, partial);
  const { values } = partial;
  const column = COLUMN.events;
  const timed = values[column.timed] ?? 0;
  values[column.messages] = (values[column.messages] ?? 0) + 1;
  values[column.timed] = timed + 1;
  values[column.response_us] = (values[column.response_us] ?? 0) + event.us;
  values[column.response_us_min] = timed === 0 ? event.us : Math.min(values[column.response_us_min] ?? 0, event.us);
  values[column.response_us_max] = Math.max(values[column.response_us_max] ?? 0, event.us);
  partial.addToSketch(event.us);
  partial.addDistinct(event.user, 7);
}

/** The rows of one cut in the two tiers that cuts write. */
function rowsOf(events: readonly TestEvent[], source: number, seq: number): PartialRow[] {
  return (['10s', '1m'] as const).flatMap((tier: Tier) => {
    const partials = new Map<string, Partial>();
    for (const event of events) count(partials, `${Math.floor(event.ts / TIERS[tier]) * TIERS[tier]} ${event.key}`, event);
    return [...partials].map(([name, partial]) => {
      const [window = '', key = ''] = name.split(' ');
      return partial.toRow({ set: 'agent', key, tier, window: Number(window), source, seq });
    });
  });
}

/** What the reader must answer, computed from the events themselves. */
function truth(
  events: readonly TestEvent[],
  range: { keys?: readonly string[] | undefined; from: number; to: number; stepMs: number },
): WindowsByKey {
  const { stepMs } = range;
  const from = Math.floor(range.from / stepMs) * stepMs;
  const to = Math.ceil(range.to / stepMs) * stepMs;
  const partials = new Map<string, Partial>();
  for (const event of events) {
    if (event.ts < from || event.ts >= to || range.keys?.includes(event.key) === false) continue;
    count(partials, `${Math.floor(event.ts / stepMs) * stepMs} ${event.key}`, event);
  }
  const byKey: WindowsByKey = new Map();
  for (const [name, partial] of partials) {
    const [window = '', key = ''] = name.split(' ');
    byKey.set(key, (byKey.get(key) ?? new Map<number, Partial>()).set(Number(window), partial));
  }
  return byKey;
}

/** Windows as plain values in a fixed order. */
function plain(byKey: WindowsByKey) {
  const place = { set: 'agent', key: '', tier: '10s', window: 0, source: 0, seq: 0 } as const;
  return [...byKey]
    .flatMap(([key, windows]) => [...windows].map(([window, partial]) => ({ key, window, row: partial.toRow(place) })))
    .sort((a, b) => a.window - b.window || (a.key < b.key ? -1 : 1))
    .map(({ key, window, row }) => ({
      key,
      window,
      values: Array.from(row.values),
      sketch: row.sketch && Buffer.from(row.sketch).toString('hex'),
      distinct: row.distinct && Buffer.from(row.distinct).toString('hex'),
    }));
}

/** A small seeded generator (mulberry32): `random(n)` is a whole number below n. */
function seeded(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
  };
}
