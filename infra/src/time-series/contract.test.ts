import { FAMILIES, SETS, TIERS, type PartialRow, type SetName, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { createLogger } from '../logger.ts';
import { freshDatabase } from '../testing/servers.ts';
import { createInfluxStore } from './influx.ts';
import { COLUMN, Partial } from './partial.ts';
import { createPostgresStore } from './postgres.ts';
import { rowVersions } from './row-versions.ts';
import { openTestStore, TEST_ENGINES, type TestStore } from './testing-store.ts';
import { StoreRefused, StoreUnavailable, TooManyRows, type PartialQuery, type TimeSeriesStore } from './time-series.ts';

/** What both time-series stores must do, on the real servers. */

const logger = createLogger('test', 'silent');
const HOUR = 3_600_000;
/** Every test has an hour of its own, so that none sees another's rows. */
let nextHour = Math.floor(Date.now() / HOUR) * HOUR - 2_000 * HOUR;
const ownHour = () => (nextHour += HOUR);

describe.each(TEST_ENGINES)('the time-series store in $engine', ({ engine, absent }) => {
  describe.skipIf(absent)('on its real server', () => {
    let opened: TestStore;
    let store: TimeSeriesStore;

    beforeAll(async () => {
      opened = await openTestStore(engine);
      store = opened.store;
    });

    afterAll(async () => {
      await store.close();
      await opened.drop();
    });

    const write = (rows: readonly PartialRow[]) =>
      inTransaction(opened.database, (transaction) => store.write(rows, transaction));
    const read = async (query: Pick<PartialQuery, 'set' | 'from' | 'to'> & { [K in keyof PartialQuery]?: PartialQuery[K] }) =>
      plain(await store.read({ tier: '10s', sketches: true, limit: 100_000, ...query }));

    it('can be used', async () => {
      await store.ping();
    });

    it.each(Object.keys(SETS) as SetName[])('gives back the rows of the set %s in every tier', async (set) => {
      const from = ownHour();
      for (const tier of ['10s', '1m', '1h'] as const) {
        const rows = [1, 2, 3].map((n) => row({ set, tier, window: from, key: `key-${n}`, source: n, seq: 10 * n }, n));
        await write(rows);
        expect(await read({ set, tier, from, to: from + HOUR })).toEqual(plain(rows));
      }
    });

    it('changes nothing when the same rows come again', async () => {
      const from = ownHour();
      const rows = [1, 2].map((n) => row({ window: from, seq: n }, n));
      await write(rows);
      await write(rows.toReversed());
      await write([...rows, row({ window: from, seq: 3 }, 3)]);
      const expected = plain([...rows, row({ window: from, seq: 3 }, 3)]);
      expect(await read({ set: 'agent', from, to: from + HOUR })).toEqual(expected);
    });

    it('keeps cuts, sources and neighbouring windows apart', async () => {
      const from = ownHour();
      const rows: PartialRow[] = [];
      for (const source of [1, 2, 30_000]) {
        for (const seq of [1, 2, 999_999, 1_000_000, 1_000_001, 9_999_999_999]) {
          rows.push(row({ window: from, source, seq }, seq % 97), row({ window: from + 10_000, source, seq }, seq % 89));
        }
      }
      await write(rows);
      expect(await read({ set: 'agent', from, to: from + HOUR })).toEqual(plain(rows));
      expect(await read({ set: 'agent', from, to: from + HOUR, source: 2 })).toEqual(plain(rows.filter((r) => r.source === 2)));
    });

    it('takes any key, and only the key asked for', async () => {
      const from = ownHour();
      const keys = [
        ' ', 'a b', ' a ', 'a,b', 'a=b', 'a"b', `a'b`, '"', "'", '\\', 'a\\', 'a\\,b', '\\\\', 'a\\"', '%', '%5C', '100%', '#x', '{}', '$1',
        'ünïcødé ☃ 🚀', 'عربى', 'e\u0301', 'x'.repeat(256), '☃'.repeat(256), `'; DROP DATABASE x; --`, `' OR '1'='1`, '/.*/', 'a\u2028b',
        'null', 'true', '1i', 'time', 'key', `") OR ("x`,
      ]; // prettier-ignore
      const rows = keys.map((key, n) => row({ window: from, key }, n + 1));
      await write(rows);
      expect(await read({ set: 'agent', from, to: from + HOUR })).toEqual(plain(rows));
      expect(await read({ set: 'agent', from, to: from + HOUR, keys })).toEqual(plain(rows));
      for (const wanted of rows) {
        expect(await read({ set: 'agent', from, to: from + HOUR, keys: [wanted.key] })).toEqual(plain([wanted]));
      }
    });

    it('keeps the rows of a recompute apart until an hour has their version, and drops them alone', async () => {
      const from = ownHour();
      const cuts = [5, 6, 7].map((seq) => row({ window: from, seq }, seq));
      const late = row({ window: from, seq: 8 }, 8);
      const remade = [5, 6, 7].map((seq) => ({ ...row({ window: from, seq }, 10 * seq), version: 3 }));
      const abandoned = { ...row({ window: from, seq: 5 }, 99), version: 2 };
      await write([...cuts, ...remade, late, abandoned, row({ window: from + HOUR, seq: 5 }, 1)]);
      const hour = { set: 'agent', from, to: from + HOUR } as const;
      expect(await read(hour)).toEqual(plain([...cuts, late]));

      const versions = rowVersions([{ source: 1, hour: from, version: 3, throughSeq: 7 }]);
      expect(await read({ ...hour, versions })).toEqual(plain([...remade, late]));
      expect(await read({ ...hour, versions, source: 1, keys: ['agent-1'] })).toEqual(plain([...remade, late]));
      expect(await read({ set: 'agent', from: from + HOUR, to: from + 2 * HOUR, versions })).toHaveLength(1);

      await store.drop(3, from + HOUR, from + 2 * HOUR);
      await store.drop(2, from, from + HOUR);
      expect(await read({ ...hour, versions })).toEqual(plain([...remade, late]));
      await store.drop(3, from, from + HOUR);
      expect(await read({ ...hour, versions })).toEqual(plain([late]));
      expect(await read(hour)).toEqual(plain([...cuts, late]));
    });

    it('reads half-open ranges of one set and one tier', async () => {
      const from = ownHour();
      const windows = [0, 1, 2, 3].map((n) => from + n * 10_000);
      const rows = windows.map((window) => row({ window }, 1));
      await write([...rows, row({ window: from, set: 'model' }, 2), row({ window: from, tier: '1m' }, 3)]);
      expect(await read({ set: 'agent', from: from + 10_000, to: from + 30_000 })).toEqual(plain(rows.slice(1, 3)));
      expect(await read({ set: 'agent', from: from + 1, to: from + 30_001 })).toEqual(plain(rows.slice(1, 4)));
      expect(await read({ set: 'agent', from, to: from })).toEqual([]);
      expect(await read({ set: 'agent', from: from + HOUR, to: from })).toEqual([]);
      expect(await read({ set: 'agent', from, to: from + HOUR, keys: [] })).toEqual([]);
      expect(await read({ set: 'agent', from, to: from + HOUR, keys: ['nobody'] })).toEqual([]);
    });

    it('gives a 1 m row back as a 10 s row too where it stands for both', async () => {
      const from = ownHour();
      const sole = [0, 10_000, 50_000].map((at, n) => ({ ...row({ tier: '1m', window: from, seq: n }, n + 1), sole: from + at }));
      const later = { ...row({ tier: '1m', window: from + 60_000, seq: 7 }, 7), sole: from + 60_000 };
      const both = [row({ window: from, seq: 8 }, 8), row({ tier: '1m', window: from, seq: 8 }, 8)];
      const remade = { ...row({ tier: '1m', window: from, seq: 1 }, 9), sole: from + 30_000, version: 4 };
      const other = { ...row({ tier: '1m', window: from, key: 'agent-2' }, 1), sole: from };
      await write([...sole, later, ...both, remade, other]);

      const inMinutes = [...sole, later].map(({ sole: _, ...rest }) => rest);
      const inTens = [...sole, later].map(({ sole: window, ...rest }) => ({ ...rest, tier: '10s' as const, window }));
      const keys = ['agent-1'];
      const whole = { set: 'agent', keys, from, to: from + HOUR } as const;
      expect(await read({ ...whole, tier: '1m' })).toEqual(plain([...inMinutes, ...both.slice(1)]));
      expect(await read(whole)).toEqual(plain([...inTens, ...both.slice(0, 1)]));
      expect(await read({ ...whole, from: from + 1, to: from + 50_001 })).toEqual(plain(inTens.slice(1, 3)));
      expect(await read({ ...whole, from: from + 10_000, to: from + 50_000 })).toEqual(plain(inTens.slice(1, 2)));
      expect(await read({ ...whole, tier: '1m', to: from + 60_000 })).toEqual(
        plain([...inMinutes.slice(0, 3), ...both.slice(1)]),
      );
      expect((await read({ ...whole, keys: undefined })).length).toBe(6);

      const versions = rowVersions([{ source: 1, hour: from, version: 4, throughSeq: 1 }]);
      const { sole: window, ...rest } = remade;
      expect(await read({ ...whole, versions })).toEqual(
        plain([{ ...rest, tier: '10s', window }, ...inTens.slice(2), ...both.slice(0, 1)]),
      );
    });

    it('leaves sketches out unless they are asked for, and gives them back to the byte', async () => {
      const from = ownHour();
      const large = new Partial('events');
      for (let i = 0; i < 50_000; i++) {
        large.addToSketch(i * i);
        large.addDistinct(Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b));
      }
      const rows = [
        large.toRow({ set: 'agent', key: 'large', tier: '10s', window: from, source: 1, seq: 1 }),
        { ...row({ window: from, key: 'no sketch' }, 1), sketch: null },
        { ...row({ window: from, key: 'no users' }, 1), distinct: null },
        { ...row({ window: from, key: 'neither' }, 1), sketch: null, distinct: null },
      ];
      await write(rows);
      expect(await read({ set: 'agent', from, to: from + HOUR })).toEqual(plain(rows));
      const bare = await read({ set: 'agent', from, to: from + HOUR, sketches: false });
      expect(bare).toEqual(plain(rows.map((r) => ({ ...r, sketch: null, distinct: null }))));
    });

    it('keeps large numbers and saturates what 64 bits cannot hold', async () => {
      const from = ownHour();
      const values = new Float64Array(Object.keys(FAMILIES.gauges.columns).length);
      values.set([1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 4_294_967_296, -1, from]);
      const gauge = { set: 'host', tier: '10s', window: from, source: 1, sketch: null, distinct: null } as const;
      const huge = values.slice();
      huge[COLUMN.gauges.total_millis] = 1e25;
      await write([
        { ...gauge, key: 'large', seq: 1, values },
        { ...gauge, key: 'huge', seq: 1, values: huge },
      ]);
      const [first, second] = await read({ set: 'host', from, to: from + HOUR });
      expect(first?.values[COLUMN.gauges.total_millis]).toBeGreaterThan(9.2e18);
      expect(second?.values).toEqual([...values]);
    });

    it('refuses for good what is no integer', async () => {
      const from = ownHour();
      const broken = row({ window: from }, 1);
      await expect(write([{ ...broken, values: [...Array.from(broken.values).fill(0), 0.5].slice(1) }])).rejects.toThrow(
        StoreRefused,
      );
      expect(await read({ set: 'agent', from, to: from + HOUR })).toEqual([]);
    });

    it('finds 500 keys among 2,000 and no more rows than the limit', { timeout: 60_000 }, async () => {
      const from = ownHour();
      const rows = Array.from({ length: 2_000 }, (_, n) =>
        row({ window: from + (n % 6) * 10_000, key: `agent-${n}` }, 1 + (n % 50)),
      );
      await write(rows);
      const wanted = rows.filter((_, n) => n % 4 === 0);
      const keys = wanted.map(({ key }) => key);
      expect(await read({ set: 'agent', from, to: from + HOUR, keys })).toEqual(plain(wanted));
      expect((await read({ set: 'agent', from, to: from + HOUR, limit: 2_000 })).length).toBe(2_000);
      await expect(read({ set: 'agent', from, to: from + HOUR, limit: 1_999 })).rejects.toThrow(TooManyRows);
    });

    it('takes 20,000 rows at once', { timeout: 60_000 }, async () => {
      const from = ownHour();
      const rows = Array.from({ length: 20_000 }, (_, n) =>
        row({ window: from, key: `agent-${n >> 2}`, seq: n % 4 }, 1 + (n % 7)),
      );
      await write(rows);
      const found = await store.read({ set: 'agent', tier: '10s', from, to: from + HOUR, sketches: false, limit: 20_000 });
      expect(found.length).toBe(20_000);
      const messages = (list: readonly PartialRow[]) => list.reduce((sum, r) => sum + (r.values[COLUMN.events.messages] ?? 0), 0);
      expect(messages(found)).toBe(messages(rows));
    });

    it('expires the windows of one tier before a moment', async () => {
      const from = ownHour();
      const windows = [from, from + 10_000, from + 20_000];
      const old = [from - 200 * 24 * HOUR, from - 199 * 24 * HOUR].map((window) => row({ window, set: 'workflow' }, 1));
      const ofTasks = windows.map((window) => row({ window, set: 'workflow' }, 1));
      const ofGauges = windows.map((window) => row({ window, set: 'host' }, 1));
      const minute = row({ window: from, set: 'workflow', tier: '1m' }, 1);
      await write([...old, ...ofTasks, ...ofGauges, minute]);
      await store.expire('10s', from + 20_000);
      await store.expire('10s', from + 20_000);
      const all = { from: from - 300 * 24 * HOUR, to: from + HOUR };
      expect(await read({ set: 'workflow', ...all })).toEqual(plain(ofTasks.slice(2)));
      expect(await read({ set: 'host', from, to: from + HOUR })).toEqual(plain(ofGauges.slice(2)));
      expect(await read({ set: 'workflow', tier: '1m', from, to: from + HOUR })).toEqual(plain([minute]));
    });

    it('says so when it cannot be reached', async () => {
      const from = ownHour();
      const closed = openDatabase('postgresql://nobody@127.0.0.1:1/none', logger);
      const away =
        engine === 'postgres'
          ? createPostgresStore(closed)
          : createInfluxStore({ url: 'http://127.0.0.1:1', token: undefined, org: undefined, bucket: 'x' }, logger);
      const query = { set: 'agent', tier: '10s', from, to: from + HOUR, sketches: false, limit: 10 } as const;
      await expect(away.read(query)).rejects.toThrow(StoreUnavailable);
      await expect(away.ping()).rejects.toThrow(StoreUnavailable);
      await expect(away.expire('10s', from)).rejects.toThrow(StoreUnavailable);
      if (engine === 'influxdb') {
        const rows = [row({ window: from }, 1)];
        await expect(inTransaction(opened.database, (transaction) => away.write(rows, transaction))).rejects.toThrow(
          StoreUnavailable,
        );
      }
      await away.close();
      await closed.end();
    });
  });
});

describe('the tables of the store', () => {
  it('have the columns that the contracts name, in their order', async () => {
    const fresh = await freshDatabase();
    try {
      for (const [family, table] of [
        ['events', 'event_partials'],
        ['gauges', 'gauge_partials'],
        ['tasks', 'task_partials'],
      ] as const) {
        const { rows } = await fresh.database.query<{ name: string }>(
          `select column_name as name from information_schema.columns where table_name = $1 and data_type = 'bigint' order by ordinal_position`,
          [table],
        );
        expect(rows.map(({ name }) => name)).toEqual(['window_start', 'seq', ...Object.keys(FAMILIES[family].columns)]);
      }
    } finally {
      await fresh.drop();
    }
  });
});

interface Place {
  set?: SetName;
  key?: string;
  tier?: Tier;
  window: number;
  source?: number;
  seq?: number;
}

/** A row with a different number in every column, and sketches where the family has them. */
function row({ set = 'agent', key = 'agent-1', tier = '10s', window, source = 1, seq = 1 }: Place, n: number): PartialRow {
  const family = SETS[set];
  const partial = new Partial(family);
  partial.values.forEach((_, column) => (partial.values[column] = n * 100 + column));
  if (FAMILIES[family].sketch) for (let i = 0; i < n % 20; i++) partial.addToSketch(1_000 * n + 37 * i);
  if (FAMILIES[family].distinct) for (let i = 0; i < n % 20; i++) partial.addDistinct(n, i);
  return partial.toRow({ set, key, tier, window: Math.floor(window / TIERS[tier]) * TIERS[tier], source, seq });
}

/** Rows in an order of their own, as plain values that can be compared. */
function plain(rows: readonly PartialRow[]) {
  const place = (r: PartialRow) => [r.set, r.key, r.tier, r.window, r.source, r.seq].map(String).join('\u0000');
  return rows
    .toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
    .map((r) => ({
      ...r,
      values: Array.from(r.values),
      sketch: r.sketch === null ? null : Buffer.from(r.sketch).toString('hex'),
      distinct: r.distinct === null ? null : Buffer.from(r.distinct).toString('hex'),
    }));
}
