import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { addErasure } from '@fleetbeat/infra/erasure/erasure-rows.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentReduction } from '../agent-reduction.ts';
import { createCutStore, CutTaken } from '../engine/cut-store.ts';
import { Cut } from '../engine/cut.ts';
import { SeenIds } from '../engine/seen-ids.ts';
import { createCutPrivacy } from './cut-privacy.ts';
import { watchErasures, type WatchedErasures } from './watch-erasures.ts';

const NOW = Date.now();
const SECRET = 'a secret of a test';

let fresh: FreshDatabase;
let erasures: WatchedErasures;
beforeAll(async () => {
  fresh = await freshDatabase();
  erasures = await watchErasures(fresh.database, createLogger('test', 'silent'));
  // What it hears it hears from the cut, not from the clock.
  await erasures.stop();
});
afterAll(() => fresh.drop());

const erase = (userId: string) =>
  inTransaction(fresh.database, (transaction) =>
    addErasure(transaction, SECRET, { userId, requestedBy: 'test', now: NOW, logKeptMs: 1_000 }),
  );

function cutOf(source: number): Cut {
  const reduction = new AgentReduction(true, createCutPrivacy({ redaction: { current: null }, erasures }));
  const cut = new Cut({ topic: 'agent-events', source, seq: 0, firstOffset: 0 }, new SeenIds(10), reduction);
  const said = (user_id: string, ts: number) => agentMessage({ agent_id: 'a', user_id, ts, content: user_id });
  const events = ndjson([said('joe', NOW), said('joe', NOW + 301_000), said('jim', NOW)]);
  const values = [events, Buffer.from('{"user_id":"joe", oops')];
  values.forEach((value, offset) => cut.add({ offset, appendedAt: NOW, key: null, value, count: null, tick: false }));
  return cut;
}

it('a cut that was begun before an erasure is refused, and made anew without the user', async () => {
  const store = createPostgresStore(fresh.database);
  const cuts = createCutStore(fresh.database, store, 'test');
  const { source } = await cuts.read('agent-events', 0);
  const before = cutOf(source);
  const asked = await erase('joe');
  expect(await erase('joe')).toBeNull();
  await expect(cuts.store(before)).rejects.toThrow(CutTaken);
  expect((await fresh.database.query('select from cuts')).rowCount).toBe(0);

  const after = cutOf(source);
  expect([after.read, after.aggregated, after.deadCount]).toEqual([before.read, before.aggregated, before.deadCount]);
  await cuts.store(after);
  const { rows: blocks } = await fresh.database.query('select events, erased from event_blocks');
  expect(blocks).toEqual([{ events: 2, erased: 1 }]);
  const { rows: letters } = await fresh.database.query(`select reason, octet_length(payload) as bytes from dead_letters`);
  expect(letters).toEqual([{ reason: 'was erased with its user', bytes: 0 }]);
  const { rows } = await fresh.database.query('select id, late_events from erasures');
  expect(rows).toEqual([{ id: asked?.id, late_events: 2 }]);
});
