import { FAMILIES, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readStoredState } from '@fleetbeat/infra/time-series/stored-cuts.ts';
import { TooManyRows, type PartialQuery } from '@fleetbeat/infra/time-series/time-series.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_RULES } from './default-rules.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { fillRing, fillRingWithCuts } from './fill-ring.ts';
import { createAlertWorld, START, type AlertWorld } from './test-world.ts';
import { oldestSlot, shapeFor } from './window-question.ts';
import { WindowRing } from './window-ring.ts';

const FLEET = 100_000;

let world: AlertWorld;
beforeEach(async () => {
  world = await createAlertWorld();
});
afterEach(() => world.close());

/** Every agent has said 40 things in one window, and the last one mostly errors. */
async function storeFleet(): Promise<void> {
  const { messages, errors } = COLUMN.events;
  const width = Object.keys(FAMILIES.events.columns).length;
  const { rows } = await world.database.query<{ id: number }>(`select id from sources where topic = 'agent-events'`);
  const source = rows[0]?.id ?? 0;
  const stored: PartialRow[] = [];
  for (let agent = 0; agent < FLEET; agent++) {
    const values = new Array<number>(width).fill(0);
    values[messages] = 40;
    values[errors] = agent === FLEET - 1 ? 30 : 0;
    const row = { set: 'agent', key: `agent-${agent}`, source, seq: 0, values, sketch: null, distinct: null } as const;
    stored.push({ ...row, tier: '10s', window: START });
  }
  await inTransaction(world.database, async (transaction) => {
    await world.store.write(stored, transaction);
    await transaction.query(
      `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
                         first_append_ms, last_append_ms, hours, duplicates, owner, stored_at)
       values ($1, 0, 0, 1, 1, 1, 1, 0, 0, 0, $2, $2, '{}', '', 'test', now())`,
      [source, START],
    );
  });
  await world.database.query(
    `insert into agents (agent_id, source, status, sends_heartbeats, first_seen, last_seen)
     select 'agent-' || n, $1::smallint, 'online', true, $2::bigint, $2::bigint + case when n % 20000 = 7 then 0 else 100000 end from generate_series(0, $3::int) n`,
    [source, START, FLEET - 1],
  );
}

it('the rules that are shipped look at every agent of a fleet of 100,000', { timeout: 60_000 }, async () => {
  await storeFleet();
  for (const rule of DEFAULT_RULES) await world.addRule({ ...rule, for_s: 0 });
  const evaluator = world.started();
  for (const seconds of [60, 85, 110]) {
    await world.at(seconds);
    await world.database.query('update sources set clock_ms = $1', [START + seconds * 1_000]);
    expect((await evaluateRules(evaluator)).problems).toEqual([]);
  }
  const alerts = await world.rowsOf(
    `select r.definition ->> 'name', a.key from alerts a join alert_rules r on r.id = a.rule_id where a.state <> 'inactive' order by 1, 2`,
  );
  expect(alerts).toEqual([
    ...[20_007, 40_007, 60_007, 7, 80_007].map((agent) => ['Agent offline', `agent-${agent}`]),
    ['Error rate', `agent-${FLEET - 1}`],
  ]);
  // Who speaks again is looked at as long as there is an alert.
  await world.database.query(`update agents set last_seen = $1 where agent_id = 'agent-7'`, [START + 111_000]);
  await world.at(112);
  await evaluateRules(evaluator);
  const still = await world.rowsOf(`select count(*)::int from alerts where key = 'agent-7' and state = 'firing'`);
  expect(still).toEqual([[0]]);
});

it('windows that are too many for one reading are read in parts, each of them once', async () => {
  const agents = Array.from({ length: 8 }, (_, index) => `a${index}`);
  const say = async (seconds: number) => {
    for (const agent of agents) await world.count('agent', agent, seconds, { messages: 3 });
  };
  for (const seconds of [0, 10, 20, 60]) await say(seconds);
  const at = START + 120_000;
  const shape = shapeFor([{ set: 'agent', window: '5m', stepMs: 10_000, behindMs: 3_000, measures: ['total_messages'] }]);
  const sources = (limit: number) => ({
    ...{ database: world.database, now: () => at, retention: loadConfig({}).retention },
    store: { ...world.store, read: (query: PartialQuery) => world.store.read({ ...query, limit }) },
  });
  const messagesOf = (ring: WindowRing) =>
    [...ring.keys()].sort().map((key) => {
      const sum = new Partial('events');
      ring.addTo(sum, key, ring.oldest, ring.end, false);
      return [key, sum.values[COLUMN.events.messages]];
    });
  const ring = new WindowRing(shape, oldestSlot(shape, at));
  const through = await fillRing(sources(8), 'agent', ring, at);
  expect(messagesOf(ring)).toEqual(agents.map((agent) => [agent, 12]));
  await expect(fillRing(sources(7), 'agent', new WindowRing(shape, oldestSlot(shape, at)), at)).rejects.toThrow(TooManyRows);

  for (const seconds of [20, 90]) await say(seconds);
  const state = await readStoredState(world.database, ring.oldest, ring.end, false);
  for (const [source, upTo] of state.storedSeq) {
    const range = { source, after: through.get(source) ?? -1, upTo, state };
    expect(await fillRingWithCuts(sources(16), 'agent', ring, range)).toHaveLength(
      source === [...state.storedSeq.keys()][0] ? 16 : 0,
    );
  }
  expect(messagesOf(ring)).toEqual(agents.map((agent) => [agent, 18]));
});
