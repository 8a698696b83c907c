import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertWorld, START, type AlertWorld } from './test-world.ts';

let world: AlertWorld;
beforeEach(async () => {
  world = await createAlertWorld();
  await world.addRule({ kind: 'liveness', name: 'Agent offline', watch: { set: 'agent' }, for_s: 15 });
});
afterEach(() => world.close());

/** Evaluates every five seconds; `alive` goes on to be seen. Answers what was told, and when. */
async function watch(
  from: number,
  to: number,
  alive: { agents?: readonly string[]; hosts?: readonly string[] } = {},
): Promise<string[]> {
  const told: string[] = [];
  for (let second = from; second <= to; second += 5) {
    for (const agent of alive.agents ?? []) await world.sawAgent(agent, second);
    for (const host of alive.hosts ?? []) await world.sawHost(host, second);
    await world.at(second);
    told.push(...(await world.titles(world.started())).map((title) => `${second}: ${title}`));
  }
  return told;
}

async function addTask(task: string, agent: string, movedAt: number, status = 'in_progress'): Promise<void> {
  const at = START + movedAt * 1_000;
  await world.database.query(
    `insert into tasks (task_id, name, status, agent_id, workflow_id, created_at, updated_at, versions) values ($1, $2, $3, $4, 'w', $5, $5, '{}')`,
    [task, `name of ${task}`, status, agent, at],
  );
}

const ALERTS = `select key, state, inhibited_by is not null, diagnosis ->> 'cause', jsonb_path_query_array(tasks_at_risk, '$[*].task_id')
  from alerts order by key`;
const OUTBOX = `select a.key, o.seq from alert_outbox o join alerts a on a.id = o.alert_id order by a.key, o.seq`;

describe('a host that is watched', () => {
  beforeEach(async () => {
    await world.addRule({ kind: 'liveness', name: 'Host offline', watch: { set: 'host' }, for_s: 5 });
    await world.sawHost('h1', 0);
    for (const agent of ['a1', 'a2']) await world.sawAgent(agent, 0, { host: 'h1' });
  });

  it('is alive: its silent agent is stuck or has crashed, and its tasks are at risk', async () => {
    for (let i = 0; i < 25; i++) await addTask(`t${i}`, 'a1', i);
    await addTask('done', 'a1', 5, 'completed');
    expect(await watch(0, 60, { agents: ['a2'], hosts: ['h1'] })).toEqual([
      '50: firing error: a1 stopped answering 50 seconds ago',
    ]);
    const [[, , , , tasks]] = (await world.rowsOf(ALERTS)) as [[string, string, boolean, string, string[]]];
    expect(tasks).toEqual(Array.from({ length: 20 }, (_, i) => `t${24 - i}`));
    expect(await world.rowsOf('select body from notifications')).toEqual([
      ['Its host h1 is alive: the agent is stuck or has crashed.'],
    ]);
  });

  it('goes down with its agents: one alert, and theirs are recorded as following from it', async () => {
    await addTask('t1', 'a1', 0);
    expect(await watch(0, 60)).toEqual(['40: firing error: h1 stopped answering 40 seconds ago']);
    expect(await world.rowsOf(ALERTS)).toEqual([
      ['a1', 'firing', true, 'host_down', ['t1']],
      ['a2', 'firing', true, 'host_down', []],
      ['h1', 'firing', false, 'host_down', ['t1']],
    ]);
    expect(await world.rowsOf(OUTBOX)).toEqual([['h1', 2]]);
    // All are back: only what was told is told to be over.
    expect(await watch(65, 70, { agents: ['a1', 'a2'], hosts: ['h1'] })).toEqual([
      '65: resolved info: h1 answers again after 25 seconds',
    ]);
    expect(await world.rowsOf(OUTBOX)).toEqual([
      ['h1', 2],
      ['h1', 3],
    ]);
  });

  it('comes back without one of its agents: that is told after a while', async () => {
    await watch(0, 60);
    expect(await watch(65, 130, { agents: ['a2'], hosts: ['h1'] })).toEqual([
      '65: resolved info: h1 answers again after 25 seconds',
      '100: firing error: a1 stopped answering 2 minutes ago',
    ]);
    expect(await watch(135, 135, { agents: ['a1', 'a2'], hosts: ['h1'] })).toEqual([
      '135: resolved info: a1 answers again after 1 minute',
    ]);
  });

  it('falls silent after its agents: they wait for it', async () => {
    const told = [...(await watch(0, 25, { hosts: ['h1'] })), ...(await watch(30, 90))];
    // Without it they would have been told at 50.
    expect(told).toEqual(['65: firing error: h1 stopped answering 40 seconds ago']);
    expect(await world.rowsOf(`select count(*)::int from alerts where inhibited_by is not null`)).toEqual([[2]]);
  });
});

it('a host that no rule watches inhibits nobody', async () => {
  await world.sawHost('h1', 0);
  await world.sawAgent('a1', 0, { host: 'h1' });
  expect(await watch(0, 60)).toEqual(['50: firing error: a1 stopped answering 50 seconds ago']);
  expect(await world.rowsOf(ALERTS)).toEqual([['a1', 'firing', false, 'host_down', []]]);
});

it('an archived agent has no alert, and loses the one it has', async () => {
  await world.database.query('alter table agents add column if not exists archived_at bigint');
  await world.sawAgent('a1', 0);
  await world.sawAgent('a2', 0);
  await world.database.query(`update agents set archived_at = 1 where agent_id = 'a1'`);
  expect(await watch(0, 60)).toEqual(['50: firing error: a2 stopped answering 50 seconds ago']);
  await world.database.query(`update agents set archived_at = 1 where agent_id = 'a2'`);
  expect(await watch(65, 65)).toEqual(['65: resolved info: a2 is no longer expected']);
});

it('an agent that is busy without progress is looping', async () => {
  await world.addRule({ kind: 'looping', name: 'Stuck', watch: { set: 'agent' }, stalled_s: 60 });
  for (const agent of ['busy', 'idle', 'working', 'without']) {
    await world.sawAgent(agent, 100, { status: agent === 'idle' ? 'online' : 'busy' });
  }
  await addTask('old', 'busy', 0);
  await addTask('idle', 'idle', 0);
  await addTask('begun', 'working', 0);
  await addTask('moved', 'working', 90, 'completed');
  await world.at(60);
  expect(await world.titles(world.started())).toEqual([]);
  await world.at(100);
  expect(await world.titles(world.started())).toEqual(['firing warning: busy busy without progress for 2 minutes']);
  expect(await world.rowsOf(ALERTS)).toEqual([['busy', 'firing', false, 'looping', ['old']]]);
  await world.database.query('update tasks set updated_at = $1', [START + 100_000]);
  expect(await world.titles(world.started())).toEqual(['resolved info: busy gets on again']);
});

it('an archived host has no alert, loses the one it has, and explains nobody', async () => {
  await world.addRule({ kind: 'liveness', name: 'Host offline', watch: { set: 'host' }, for_s: 5 });
  await world.sawHost('h1', 0);
  await world.sawHost('h2', 0);
  await world.sawAgent('a1', 0, { host: 'h2' });
  await world.database.query(`update hosts set archived_at = 1 where host_id = 'h1'`);
  expect(await watch(0, 60)).toEqual(['40: firing error: h2 stopped answering 40 seconds ago']);
  await world.database.query(`update hosts set archived_at = 1 where host_id = 'h2'`);
  expect(await watch(65, 65)).toEqual([
    '65: resolved info: h2 is no longer expected',
    '65: firing error: a1 stopped answering 1 minute ago',
  ]);
});
