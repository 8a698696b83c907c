import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { startTestBff, type TestBff } from '../bff/src/start-test-bff.ts';
import { BEGIN, World } from '../processors/src/notify/incidents/testing/world.ts';

/** The API and the timers of incidents on one database: a step that is called by hand is called once, whoever is faster. */
const HOUR = 3_600;
const target = (type: 'channel' | 'user', id: string) => ({ type, id });

let bff: TestBff;
let world: World;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
});
afterAll(() => bff.stop());
beforeEach(async () => {
  await bff.database.query(
    'truncate alert_rules, alerts, alert_outbox, incidents, incident_timers, deliveries, channels, users cascade',
  );
  await bff.database.query(`delete from alerting_definitions where not built_in or kind = 'route'`);
  world = new World(bff.database);
  world.time = Math.floor((Date.now() - BEGIN) / 1_000) - HOUR;
  await bff.database.query(
    `insert into users (id, name, email) values ('ann', 'Ann', 'ann@example.org'), ('zoe', 'Zoe', 'zoe@example.org')`,
  );
  for (const channel of ['chat', 'boss']) await world.channel(channel);
  await world.channel('ann-phone', 'ann');
  await world.define('escalation', 'wake', {
    steps: [
      { after_s: 0, targets: [target('channel', 'chat')] },
      { after_s: 2 * HOUR, targets: [target('user', 'ann')] },
      { after_s: 2 * HOUR, targets: [target('channel', 'boss')] },
    ],
    repeat: { times: 0, after_s: HOUR },
  });
  await world.define('route', 'default', {
    parent_id: null,
    channels: [],
    group_by: ['...'],
    group_wait_s: 30,
    group_interval_s: 80_000,
    escalation_id: 'wake',
  });
});

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string;
}

async function ask<T = IncidentDetail>(method: string, path: string, headers: object = {}, body?: string): Promise<Answer<T>> {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${operatorKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as T, etag: response.headers.get('etag') ?? '' };
}
const escalate = (id: number, headers: object = {}) => ask('POST', `/incidents/${id}/escalate`, headers);

/** An incident whose first step was called an hour ago. */
async function told(key: string): Promise<number> {
  const begun = world.time;
  await world.fire(key);
  await world.passTo(begun + 60);
  const incident = (await world.incidents()).find(({ title }) => title === `offline: ${key}`);
  if (incident === undefined) throw new Error('there is no incident');
  return incident.id;
}

/** Who was told, as `<channel> <kind>`. */
const calls = async () => (await world.told()).map((line) => line.replace(/^\S+ (\S+ \w+):.*$/, '$1'));

const escalateTimer = async (id: number) =>
  (
    await bff.database.query<{ due_at: number }>(
      `select due_at from incident_timers where incident_id = $1 and kind = 'escalate'`,
      [id],
    )
  ).rows[0]?.due_at;

describe('an escalation by hand', () => {
  it('calls the next step at once, says who asked, and goes on from there in its own time', async () => {
    const id = await told('a');
    const before = await ask('GET', `/incidents/${id}`);
    expect(before.body.escalations).toMatchObject([{ step: 2, reaches_now: ['Ann over ann-phone'] }]);
    const began = Date.now();
    const done = await ask('POST', `/incidents/${id}/escalate`, { 'if-match': before.etag }, '{}');
    expect(done).toMatchObject({ status: 200, body: { status: 'open', escalations: [{ step: 3, reaches: ['channel boss'] }] } });
    expect(done.etag).not.toBe(before.etag);
    expect(await calls()).toEqual(['chat firing', 'ann-phone escalated']);
    const due = await escalateTimer(id);
    expect(due).toBeGreaterThanOrEqual(began + 2 * HOUR * 1_000);
    expect(due).toBeLessThanOrEqual(Date.now() + 2 * HOUR * 1_000);

    const { body } = await ask<List<TimelineEntry>>('GET', `/incidents/${id}/timeline?limit=500`);
    const entry = body.items.at(-1);
    expect(entry).toMatchObject({
      kind: 'escalated',
      text: 'wake, step 2 of 3: Ann (1 channel)',
      deliveries: [{ channel_id: 'ann-phone', notice_kind: 'escalated' }],
    });
    const { rows } = await bff.database.query(
      `select actor_id, changes from audit_logs where entity_type = 'incident' and entity_id = $1`,
      [String(id)],
    );
    expect(rows).toEqual([
      { actor_id: entry?.actor, changes: { escalated: { before: null, after: 'wake, step 2 of 3: Ann (1 channel)' } } },
    ]);
    const notices = await bff.database.query<{ body: string }>(
      `select notice ->> 'body' as body from deliveries where channel_id = 'ann-phone'`,
    );
    expect(notices.rows[0]?.body).toContain(`${entry?.actor} asks for help; wake: step 2 of 3`);
  });

  it('leaves an incident with whoever takes care of it, and calls nobody by itself after that', async () => {
    const id = await told('a');
    const taken = await ask('POST', `/incidents/${id}/acknowledge`);
    expect(taken.body.escalations).toMatchObject([{ step: 2, at: null }]);
    const done = await escalate(id);
    expect(done.body).toMatchObject({ status: 'acknowledged', acknowledged_by: taken.body.acknowledged_by });
    expect(await escalateTimer(id)).toBeUndefined();
    await world.passTo(Math.floor((Date.now() - BEGIN) / 1_000) + 9 * HOUR);
    expect((await calls()).filter((call) => /escalated|firing/.test(call))).toEqual(['chat firing', 'ann-phone escalated']);
  });

  it('passes over steps that reach nobody', async () => {
    await bff.database.query(`update channels set enabled = false where id = 'ann-phone'`);
    const id = await told('a');
    expect((await escalate(id)).body.escalations).toEqual([]);
    expect(await calls()).toEqual(['chat firing', 'boss escalated']);
    expect(await world.timeline()).toContainEqual(expect.stringContaining('wake, step 2 of 3: Ann (who has no channel)'));
  });

  it('calls nobody twice, and nobody who was not asked for, where the timer is due at the same moment', async () => {
    const ids: number[] = [];
    for (let i = 0; i < 12; i++) ids.push(await told(`agent-${i}`));
    const seen = new Map<number, string>();
    for (const id of ids) seen.set(id, (await ask('GET', `/incidents/${id}`)).etag);
    world.time = Math.floor((Date.now() - BEGIN) / 1_000);
    await bff.database.query(`update incident_timers set due_at = $1 where kind = 'escalate'`, [world.now]);
    const [answers] = await Promise.all([
      Promise.all(ids.map((id) => escalate(id, { 'if-match': seen.get(id) }))),
      world.sweep(),
      world.sweep(),
    ]);
    expect(world.failures).toEqual([]);
    const byHand = answers.filter(({ status }) => status === 200).length;
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(ids.length - byHand);
    const { rows } = await bff.database.query<{ calls: number }>(
      `select count(*)::int as calls from deliveries where notice ->> 'kind' = 'escalated' group by notice ->> 'incident_id'`,
    );
    expect(rows).toEqual(ids.map(() => ({ calls: 1 })));
    for (const id of ids) expect((await ask('GET', `/incidents/${id}`)).body.escalations).toMatchObject([{ step: 3 }]);
  });

  const refused = async (id: number, code: string) => {
    const before = (await world.told()).length;
    expect(await escalate(id)).toMatchObject({ status: 409, body: { type: `urn:fleetbeat:problem:${code}` } });
    expect(await world.told()).toHaveLength(before);
  };

  it('is refused, with the reason, where there is nothing to call', async () => {
    const id = await told('a');
    await bff.database.query(`update incident_alerts set held_back = 'silenced by ann: deploying'`);
    await refused(id, 'alerts-held-back');
    await bff.database.query('update incident_alerts set held_back = null');
    await bff.database.query('update channels set enabled = false');
    await refused(id, 'reaches-nobody');
    await bff.database.query('update channels set enabled = true');
    for (const step of [2, 3]) expect((await escalate(id)).body.escalations).toHaveLength(step === 2 ? 1 : 0);
    await refused(id, 'no-step-left');
    await world.define('route', 'default', { escalation_id: null });
    await refused(id, 'no-escalation');
    expect((await ask('POST', `/incidents/${id}/resolve`)).status).toBe(200);
    await refused(id, 'incident-resolved');
  });

  it('is refused before anybody was told, to whoever may only read, and to whoever has read another state', async () => {
    await world.fire('new');
    const [incident] = await world.incidents();
    const id = incident?.id ?? 0;
    await refused(id, 'escalation-not-begun');
    await world.passTo(world.time + 60);
    expect((await escalate(id, { 'if-match': '"424242"' })).status).toBe(412);
    expect((await escalate(id, { authorization: `Bearer ${await bff.makeKey(['read'])}` })).status).toBe(403);
    expect((await escalate(424_242)).status).toBe(404);
    expect(await calls()).toEqual(['chat firing']);
  });
});
