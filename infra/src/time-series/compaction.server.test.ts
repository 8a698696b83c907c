import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compactHours } from './compaction.ts';
import { readWindows } from './read-windows.ts';
import type { WindowsQuery } from './windows-query.ts';
import { eventsOf, plain, rowsOf, truth } from './testing-events.ts';
import { doing, newSource, openTestStore, TEST_ENGINES, type TestStore } from './testing-store.ts';
import type { TimeSeriesStore } from './time-series.ts';

/** Compaction on real servers, with late events and other processes in its way. */

const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

describe.each(TEST_ENGINES)('compaction in $engine', ({ engine, absent }) => {
  describe.skipIf(absent)('on its real server', () => {
    let opened: TestStore;
    let store: TimeSeriesStore;
    // On a shared InfluxDB nothing else has these keys.
    let keys = Date.now() * 1_000;

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
            { store: from, database: opened.database, now: () => NOW },
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

    it('compacts an hour again when late events came while it was compacted', async () => {
      const key = newKey();
      const source = await newSource(opened);
      const first = eventsOf(key, NOW - 3 * HOUR, 5);
      const late = eventsOf(key, NOW - 3 * HOUR + 30 * MINUTE, 4);
      await source.cut(first);
      let reads = 0;
      const during = doing(store, async () => {
        if (reads++ === 0) await source.cut(late);
      });
      const range = { keys: [key], from: NOW - 3 * HOUR, to: NOW - 2 * HOUR, stepMs: HOUR };
      const expected = plain(truth([...first, ...late], range));
      expect(await compactHours({ store: during, database: opened.database }, NOW, 1)).toBe(0);
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
      const source = await newSource(opened);
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
      const source = await newSource(opened);
      await compactAll(NOW + HOUR);
      await source.cut([...eventsOf(key, NOW, 2), ...eventsOf(key, NOW - HOUR, 2), ...eventsOf(key, NOW - 2 * HOUR, 2)]);
      const target = { store, database: opened.database };
      expect(await compactHours(target, NOW + 2 * MINUTE - 1, 10)).toBe(1);
      let other: number | undefined;
      const during = doing(store, async () => {
        other ??= await compactHours(target, NOW + 2 * MINUTE, 10);
      });
      expect(await compactHours({ store: during, database: opened.database }, NOW + 2 * MINUTE, 10)).toBe(1);
      expect(other).toBe(0);
      expect(await compactHours(target, NOW + 2 * MINUTE, 10)).toBe(0);
    });

    it('goes on to other hours after one that fails, and says so', async () => {
      const source = await newSource(opened);
      await source.cut([...eventsOf(newKey(), NOW - 5 * HOUR, 2), ...eventsOf(newKey(), NOW - 4 * HOUR, 2)]);
      const failing: TimeSeriesStore = {
        ...store,
        read: (query) => (query.from < NOW - 4 * HOUR ? Promise.reject(new Error('this hour is broken')) : store.read(query)),
      };
      await expect(compactHours({ store: failing, database: opened.database }, NOW, 10)).rejects.toThrow('this hour is broken');
      expect(await compactAll()).toBe(1);
    });
  });
});
