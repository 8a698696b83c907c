import { TIERS, windowStart, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { openTestStore, TEST_ENGINES, type TestStore } from '@fleetbeat/infra/time-series/testing-store.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollupOnly } from '../testing/rollups.ts';
import { createCutStore } from './cut-store.ts';
import { Cut } from './cut.ts';
import { SeenIds } from './seen-ids.ts';

const MINUTE = windowStart(Date.now(), TIERS['1m']) - 10 * TIERS['1m'];

describe.each(TEST_ENGINES)('a cut in $engine', ({ engine, absent }) => {
  describe.skipIf(absent)('on its real server', () => {
    let opened: TestStore;
    beforeAll(async () => {
      opened = await openTestStore(engine);
    });
    afterAll(() => opened.drop());

    /** An agent with one window of the minute, and one with two. */
    function cutOf(source: number): Cut {
      const cut = new Cut({ topic: 'agent-events', source, seq: 0, firstOffset: 0 }, new SeenIds(100), rollupOnly());
      const events = [
        agentMessage({ agent_id: 'one', ts: MINUTE + 20_000 }),
        agentMessage({ agent_id: 'two', ts: MINUTE + 20_000 }),
        agentMessage({ agent_id: 'two', ts: MINUTE + 30_000 }),
      ];
      cut.add({ offset: 0, appendedAt: MINUTE + 40_000, key: null, value: ndjson(events), count: 3, tick: false });
      return cut;
    }

    async function newSource(partition: number): Promise<number> {
      const cuts = createCutStore(opened.database, opened.store, 'test');
      return (await cuts.read('agent-events', partition)).source;
    }

    const windows = async (source: number, tier: Tier): Promise<unknown[]> => {
      const range = { from: MINUTE, to: MINUTE + TIERS['1m'], sketches: false, limit: 100 };
      const rows = await opened.store.read({ set: 'agent', tier, source, ...range });
      return rows.map(({ key, window }) => `${key} ${window - MINUTE}`).sort();
    };

    it('has the same windows in either tier, written once or twice', async () => {
      const source = await newSource(0);
      const cuts = createCutStore(opened.database, opened.store, 'test');
      await cuts.store(cutOf(source));
      await cuts.storeAgain(cutOf(source));
      expect([...cutOf(source).reduction.rows(source, 0)].filter(({ sole }) => sole !== undefined)).toHaveLength(1);
      expect(await windows(source, '10s')).toEqual(['one 20000', 'two 20000', 'two 30000']);
      expect(await windows(source, '1m')).toEqual(['one 0', 'two 0']);
    });

    it('keeps of a dead letter which request brought it', async () => {
      const source = await newSource(3);
      const cut = new Cut({ topic: 'agent-events', source, seq: 0, firstOffset: 0 }, new SeenIds(100), rollupOnly());
      const bad = { appendedAt: MINUTE, key: null, value: Buffer.from('[]'), count: 1, tick: false };
      cut.add({ ...bad, offset: 0, requestId: 'mine-1' });
      cut.add({ ...bad, offset: 1 });
      await createCutStore(opened.database, opened.store, 'test').store(cut);
      const { rows } = await opened.database.query(
        'select log_offset, request_id from dead_letters where source = $1 order by log_offset',
        [source],
      );
      expect(rows).toEqual([
        { log_offset: 0, request_id: 'mine-1' },
        { log_offset: 1, request_id: null },
      ]);
    });

    it('that was claimed with a row of each tier is written so by whoever comes later', async () => {
      const source = await newSource(1);
      const cuts = createCutStore(opened.database, opened.store, 'test');
      await cuts.store(cutOf(source));
      const other = await newSource(2);
      await opened.database.query(
        `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
           first_append_ms, last_append_ms, hours, owner)
         values ($1, 0, 0, 1, 1, 3, 3, 0, 0, 0, 1, 1, '{}', 'before an update')`,
        [other],
      );
      // What the other one had written before it died.
      const half = [...cutOf(other).reduction.rows(other, 0)].map(({ sole, ...row }) =>
        sole === undefined ? row : { ...row, tier: '10s' as const, window: sole },
      );
      await inTransaction(opened.database, (transaction) => opened.store.write(half, transaction));
      await cuts.storeAgain(cutOf(other));
      for (const tier of ['10s', '1m'] as const) expect(await windows(other, tier)).toEqual(await windows(source, tier));
    });
  });
});
