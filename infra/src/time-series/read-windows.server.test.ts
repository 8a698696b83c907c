import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../database/database.ts';
import { compactHours } from './compaction.ts';
import { COLUMN } from './partial.ts';
import { readWindows } from './read-windows.ts';
import type { WindowsQuery } from './windows-query.ts';
import { eventsOf, plain, rowsOf, truth, type TestEvent } from './testing-events.ts';
import { doing, newSource, openTestStore, TEST_ENGINES, type TestStore } from './testing-store.ts';
import { TooManyRows, type TimeSeriesStore } from './time-series.ts';
import { createWindowCache } from './window-cache.ts';

/** The reader on real servers: whatever happens under way, no event counts twice and none is missing. */

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

const WAYS = TEST_ENGINES.flatMap((each) => [
  { ...each, from: each.engine, cached: false },
  { ...each, from: `${each.engine}, with hours kept`, cached: true },
]);

describe.each(WAYS)('windows read from $from', ({ engine, absent, cached }) => {
  describe.skipIf(absent)('on its real server', () => {
    let opened: TestStore;
    let store: TimeSeriesStore;
    // On a shared InfluxDB nothing else has these keys.
    let keys = Date.now() * 1_000 + (cached ? 1e6 : 0);
    const cache = cached ? createWindowCache(2 ** 24) : undefined;

    beforeAll(async () => {
      opened = await openTestStore(engine);
      store = opened.store;
    });

    afterAll(() => opened.drop());

    const read = async (
      query: Pick<WindowsQuery, 'keys' | 'from' | 'to' | 'stepMs'> & { [K in keyof WindowsQuery]?: WindowsQuery[K] },
      from = store,
    ) =>
      plain(
        (
          await readWindows(
            { store: from, database: opened.database, now: () => NOW, cache },
            { set: 'agent', sketches: true, ...query },
          )
        ).byKey,
      );

    /** Compacts everything that is due, so that tests do not see each other's hours. */
    const compactAll = async (now = NOW) => {
      let compacted = 0;
      for (;;) {
        const some = await compactHours({ store, database: opened.database }, now, 1_000);
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
        const sources = await Promise.all([newSource(opened), newSource(opened)]);
        const stored: TestEvent[] = [];
        const someEvents = (n: number) =>
          Array.from({ length: n }, (): TestEvent => ({
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
          if (random(2) === 0) await compactHours({ store, database: opened.database }, NOW - random(3) * HOUR, 1 + random(20));
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
      const source = await newSource(opened);
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
      const source = await newSource(opened);
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
      const source = await newSource(opened);
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
      const source = await newSource(opened);
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

    if (cached) {
      it('reads hours that are over once, until something changes them', async () => {
        const key = newKey();
        const [source, other] = [await newSource(opened), await newSource(opened)];
        const hours = [NOW - 5 * HOUR, NOW - 4 * HOUR, NOW - 3 * HOUR];
        const events = hours.flatMap((hour) => eventsOf(key, hour, 9));
        await source.cut(events);
        const reads: (readonly [from: number, to: number])[] = [];
        const counting: TimeSeriesStore = {
          ...store,
          read: (query) => {
            reads.push([(query.from - NOW) / HOUR, (query.to - NOW) / HOUR]);
            return store.read(query);
          },
        };
        const ask = async (stepMs: number, open?: PartialRow[]) => {
          reads.length = 0;
          const range = { keys: [key], from: NOW - 5 * HOUR, to: NOW - 2 * HOUR, stepMs };
          return [await read({ ...range, open }, counting), [...reads]];
        };
        const expected = (stepMs: number, more: TestEvent[] = []) =>
          plain(truth([...events, ...more], { keys: [key], from: NOW - 5 * HOUR, to: NOW - 2 * HOUR, stepMs }));
        for (const stepMs of [10 * SECOND, MINUTE, 15 * MINUTE, HOUR]) {
          expect(await ask(stepMs)).toEqual([expected(stepMs), [[-5, -2]]]);
          expect(await ask(stepMs)).toEqual([expected(stepMs), []]);
        }
        // What is still open comes on top of what is kept.
        const late = eventsOf(key, NOW - 4 * HOUR + 20 * MINUTE, 3);
        expect(await ask(MINUTE, other.open(late))).toEqual([expected(MINUTE, late), []]);
        // Another source's cut changes one hour; a cut that is not marked yet changes none.
        await other.claim(0);
        await other.write(rowsOf(late, other.source, 0));
        expect(await ask(MINUTE, other.open(late))).toEqual([expected(MINUTE, late), []]);
        await other.mark(0, late);
        expect(await ask(MINUTE)).toEqual([expected(MINUTE, late), [[-4, -3]]]);
        expect(await ask(MINUTE)).toEqual([expected(MINUTE, late), []]);
        // A recompute puts other rows in their place, all at once.
        const again = rowsOf([...late, ...late], other.source, 0).map((row) => ({ ...row, version: 7 }));
        await other.write(again);
        expect(await ask(MINUTE)).toEqual([expected(MINUTE, late), []]);
        await inTransaction(opened.database, async (transaction) => {
          await transaction.query('insert into hour_versions values ($1, $2, 7, 0)', [other.source, NOW - 4 * HOUR]);
          await transaction.query('update compacted_hours set touched = touched + 1 where source = $1', [other.source]);
        });
        expect(await ask(MINUTE)).toEqual([expected(MINUTE, [...late, ...late]), [[-4, -3]]]);
      });
    }

    it('keeps what several keys are together apart from what each is', async () => {
      const [one, two] = [newKey(), newKey()];
      const source = await newSource(opened);
      const events = [...eventsOf(one, NOW - 3 * HOUR, 4), ...eventsOf(two, NOW - 3 * HOUR, 6)];
      await source.cut(events);
      const range = { keys: [one, two], from: NOW - 3 * HOUR, to: NOW - 2 * HOUR, stepMs: MINUTE };
      const together = { ...range, keyOf: () => one };
      const asOne = plain(
        truth(
          events.map((event) => ({ ...event, key: one })),
          { ...range, keys: [one] },
        ),
      );
      for (let round = 0; round < 2; round++) {
        expect(await read(range)).toEqual(plain(truth(events, range)));
        expect(await read(together)).toEqual(asOne);
        expect(await read({ ...range, keyOf: (key) => key })).toEqual(plain(truth(events, range)));
      }
    });

    it('reads old ranges from coarser tiers and bounds what one answer takes', async () => {
      const key = newKey();
      const source = await newSource(opened);
      const events = eventsOf(key, NOW - 5 * DAY, 50);
      await source.cut(events);
      const sources = { store, database: opened.database, now: () => NOW };
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
      const source = await newSource(opened);
      await source.cut(eventsOf(key, NOW - MINUTE, 3));
      const open = source.open(eventsOf(key, NOW - MINUTE, 2));
      const sources = { store, database: opened.database, now: () => NOW };
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
