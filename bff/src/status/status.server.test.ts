import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Problem } from '@fleetbeat/contracts/api.ts';
import type { StatusTimeline } from '@fleetbeat/contracts/status-timeline.ts';
import { ruleSchema } from '@fleetbeat/contracts/rules.ts';
import { addAgent, addAlert, addCut, addHost, addRule, addSource, eventRow, gaugeRows, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const T = Math.floor(NOW / MINUTE) * MINUTE - 30 * MINUTE;

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  const { database, timeSeries } = bff;
  const source = await addSource(database, 'agent-events', 0, NOW);
  await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
  await addAgent(database, { agent_id: 'agent-1', source, last_seen: NOW });
  await database.query(`update agents set first_seen = $1, labels = '{"team": "night"}' where agent_id = 'agent-1'`, [T]);
  await addHost(database, 'host-1', source, NOW);
  const window = (minute: number, messages: number) =>
    eventRow(
      { set: 'agent', key: 'agent-1', tier: '1m', window: T + minute * MINUTE, source, seq: 0 },
      { messages, heartbeats: 2 },
    );
  await writeRows(database, timeSeries, [
    ...[0, 1, 2, 3, 10, 11, 12].map((minute) => window(minute, minute < 2 ? 5 : 0)),
    ...gaugeRows('host-1', source, 0, T + 5 * MINUTE, 20),
  ]);
  await database.query(`update hosts set first_seen = $1`, [T + 5 * MINUTE]);
  await addRule(database, 'silence', ruleSchema.parse({ kind: 'liveness', name: 'Silent agent', watch: { set: 'agent' } }));
  const { alertId } = await addAlert(database, { ruleId: 'silence', key: 'agent-1', at: T + 5 * MINUTE, state: 'resolved' });
  await database.query('update alerts set resolved_at = $2 where id = $1', [alertId, T + 10 * MINUTE]);
  await database.query(
    `insert into alert_transitions (alert_id, seq, at, from_state, to_state, severity, reason) values
       ($1, 1, $2, 'inactive', 'pending', 'warning', 'breach_began'), ($1, 2, $3, 'pending', 'firing', 'error', 'breach_lasted'),
       ($1, 3, $4, 'firing', 'resolved', 'error', 'breach_ended')`,
    [alertId, T + 5 * MINUTE, T + 6 * MINUTE, T + 10 * MINUTE],
  );
});
afterAll(() => bff.stop());

const ask = async (query: string) =>
  (await (
    await bff.get(`/status-timeline?${query}&from=${T - 5 * MINUTE}&to=${T + 15 * MINUTE}&step=1m`)
  ).json()) as StatusTimeline;
const told = ({ bands }: StatusTimeline) =>
  bands.map(({ rule, spans }) => [
    rule,
    spans.map(({ from, to, state, severity }) => [(from - T) / MINUTE, (to - T) / MINUTE, severity ?? state]),
  ]);

it('an agent is active, online and offline, with the alerts about it below', async () => {
  expect(told(await ask('set=agent&key=agent-1'))).toEqual([
    [
      null,
      [
        [0, 2, 'active'],
        [2, 4, 'online'],
        [4, 10, 'offline'],
        [10, 13, 'online'],
        [13, 15, 'offline'],
      ],
    ],
    [
      'Silent agent',
      [
        [5, 6, 'warning'],
        [6, 10, 'error'],
      ],
    ],
  ]);
});

it('a host is online while it is sampled; of what nobody has heard of nothing is told', async () => {
  expect(told(await ask('set=host&key=host-1&key=nobody'))).toEqual([
    [
      null,
      [
        [5, 6, 'online'],
        [6, 15, 'offline'],
      ],
    ],
  ]);
});

it('of what lacks a label nothing is told', async () => {
  const night = await ask('set=agent&key=agent-1&label=team:night');
  expect(told(night)).toHaveLength(2);
  expect(told(await ask('set=agent&key=agent-1&label=team:day'))).toEqual([]);
});

it.each(['set=model&key=a', 'set=agent', `set=agent${'&key=a'.repeat(21)}`])('%s is refused', async (query) => {
  const problem = (await (await bff.get(`/status-timeline?${query}`)).json()) as Problem;
  expect([problem.status, problem.type.split(':').at(-1)]).toEqual([400, 'invalid-query']);
});
