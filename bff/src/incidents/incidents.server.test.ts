import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import type { Incident, IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const HOUR = 3_600_000;
let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
  await bff.database.query(`insert into users (id, name, email) values ('ann', 'Ann', 'ann@example.org')`);
  await bff.database.query(`insert into channels (id, name, type, updated_by) values ('chat', 'Chat', 'webhook', 'test')`);
  const definition = { kind: 'liveness', name: 'Offline', watch: { set: 'agent' }, annotations: { summary: '{{key}} is away' } };
  await bff.database.query(`insert into alert_rules (id, definition, updated_by) values ('offline', $1, 'test')`, [
    { ...definition, labels: {}, runbook_url: null },
  ]);
});
afterAll(() => bff.stop());

interface Answer<T> {
  status: number;
  body: T;
  etag: string | null;
}

async function ask<T = IncidentDetail>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, etag: response.headers.get('etag') };
}

/** An incident with one alert that fires, its escalation under way. */
async function addIncident(key: string): Promise<number> {
  const { rows } = await bff.database.query<{ id: number }>(
    `with i as (
       insert into incidents (group_key, route_id, group_labels, status, severity, title, opened_at, updated_at)
       values ($1, 'default', '{}', 'open', 'error', 'Offline: ' || $1, 1, 1) returning id),
     a as (
       insert into alerts (rule_id, key, state, severity, tracks, value, reason, began_at, fired_at)
       values ('offline', $1, 'firing', 'error', '{}', 60, 'breach_lasted', 1, 1) returning id),
     ia as (
       insert into incident_alerts (alert_id, incident_id, state, severity, labels, routes, fired_at)
       select a.id, i.id, 'firing', 'error', jsonb_build_object('agent', $1::text, 'host', 'h1', 'key', $1::text), '{default}', 1 from a, i),
     tasks as (insert into incident_tasks select id, 'task-1' from i),
     threads as (
       insert into incident_threads (incident_id, route_id, told, told_at, escalation_step)
       select i.id, 'default', jsonb_build_object(a.id::text, 'error'), 1, 1 from i, a),
     timers as (
       insert into incident_timers (incident_id, route_id, kind, due_at)
       select id, 'default', kind, 9e15 from i, unnest(array['flush', 'escalate']) kind)
     select id from i`,
    [key],
  );
  return rows[0]?.id ?? 0;
}

async function timersOf(id: number): Promise<Record<string, number>> {
  const { rows } = await bff.database.query<{ kind: string; due_at: number }>(
    'select kind, due_at from incident_timers where incident_id = $1 order by kind',
    [id],
  );
  return Object.fromEntries(rows.map(({ kind, due_at }) => [kind, due_at]));
}

describe('an incident', () => {
  it('is listed by what it is about, and told with its alerts', async () => {
    const id = await addIncident('listed');
    await addIncident('other');
    const { body } = await ask<List<Incident>>('GET', '/incidents?agent_id=listed&status=open&severity=error');
    expect(body.items).toMatchObject([
      { id, title: 'Offline: listed', agents: ['listed'], hosts: ['h1'], tasks: ['task-1'], alerts_firing: 1, held_back: null },
    ]);
    expect((await ask<List<Incident>>('GET', '/incidents?host_id=h2')).body.items).toEqual([]);
    expect((await ask<List<Incident>>('GET', '/incidents?task_id=task-1&limit=1')).body.next_cursor).not.toBeNull();
    const one = await ask('GET', `/incidents/${id}`);
    expect(one).toMatchObject({ status: 200, etag: '"1"' });
    expect(one.body.alerts).toMatchObject([
      { key: 'listed', rule_name: 'Offline', value: 60, annotations: { summary: 'listed is away' }, held_back: null },
    ]);
    expect(one.body.tasks_at_risk).toEqual([{ task_id: 'task-1', name: null, status: null }]);
  });

  it('is found by its alert and by a part of what it is about', async () => {
    const id = await addIncident('found-100%');
    const found = async (query: string) =>
      (await ask<List<Incident>>('GET', `/incidents?${query}`)).body.items.map((incident) => incident.id);
    const [alert] = (await ask('GET', `/incidents/${id}`)).body.alerts;
    expect(await found(`alert_id=${alert?.id}`)).toEqual([id]);
    expect(await found('alert_id=424242')).toEqual([]);
    expect(await found('q=FOUND-100%25')).toEqual([id]);
    expect(await found('q=d_100')).toEqual([]);
    expect((await ask('GET', '/incidents?alert_id=0')).status).toBe(400);
  });

  it('is acknowledged once, which ends its escalation, and all of it is audited and told live', async () => {
    const id = await addIncident('acknowledged');
    const socket = io(bff.url, { auth: { key: operatorKey }, transports: ['websocket'] });
    try {
      const live = new Promise<{ data: Incident }>((resolve) => socket.on('incident', resolve));
      expect(await socket.emitWithAck('subscribe', { channel: 'notifications' })).toMatchObject({ ok: true });
      const done = await ask('POST', `/incidents/${id}/acknowledge`);
      expect(done).toMatchObject({ status: 200, etag: '"2"', body: { status: 'acknowledged' } });
      expect(Object.keys(await timersOf(id))).toEqual(['flush']);
      expect((await live).data).toMatchObject({ id, status: 'acknowledged' });
      expect(await ask('POST', `/incidents/${id}/acknowledge`)).toMatchObject({ status: 200, etag: '"2"' });
    } finally {
      socket.disconnect();
    }
    const { rows } = await bff.database.query(
      `select changes -> 'status' as status from audit_logs where entity_type = 'incident' and entity_id = $1`,
      [String(id)],
    );
    expect(rows).toEqual([{ status: { before: 'open', after: 'acknowledged' } }]);
  });

  it('is put off, given to somebody, talked about, called over and opened again', async () => {
    const id = await addIncident('worked-on');
    const until = Date.now() + HOUR;
    expect((await ask('POST', `/incidents/${id}/snooze`, { until })).body).toMatchObject({
      status: 'acknowledged',
      snoozed_until: until,
    });
    expect(await timersOf(id)).toMatchObject({ unsnooze: until });
    expect((await ask('POST', `/incidents/${id}/assign`, { user_id: 'ann' })).body.assigned_to).toBe('ann');
    expect((await ask('POST', `/incidents/${id}/comments`, { text: 'Looking.\nIt is the disk.' })).status).toBe(204);
    const over = await ask('POST', `/incidents/${id}/resolve`);
    expect(over.body).toMatchObject({ status: 'resolved', snoozed_until: null, alerts_firing: 1 });
    const timers = await timersOf(id);
    expect(Object.keys(timers)).toEqual(['flush']);
    expect(timers['flush']).toBeLessThanOrEqual(Date.now());
    expect(await ask('POST', `/incidents/${id}/acknowledge`)).toMatchObject({
      status: 409,
      body: { type: 'urn:fleetbeat:problem:incident-resolved' },
    });
    expect((await ask('POST', `/incidents/${id}/reopen`)).body).toMatchObject({
      status: 'open',
      reopened: 1,
      acknowledged_by: null,
    });
    const { rows } = await bff.database.query('select told, escalation_step from incident_threads where incident_id = $1', [id]);
    expect(rows).toEqual([{ told: {}, escalation_step: null }]);
    const timeline = await ask<List<TimelineEntry>>('GET', `/incidents/${id}/timeline`);
    expect(timeline.body.items.map(({ kind, text }) => [kind, text])).toEqual([
      ['snoozed', `until ${new Date(until).toISOString()}`],
      ['assigned', 'to ann'],
      ['commented', 'Looking.\nIt is the disk.'],
      ['resolved', 'by hand'],
      ['reopened', 'by hand'],
    ]);
    expect(timeline.body.items.every(({ actor }) => actor !== null)).toBe(true);
  });

  it('is not opened again where nothing fires, or where its group has another', async () => {
    const id = await addIncident('grouped');
    await ask('POST', `/incidents/${id}/resolve`);
    await bff.database.query(
      `insert into incidents (group_key, route_id, group_labels, status, severity, title, opened_at, updated_at)
       values ('grouped', 'default', '{}', 'open', 'error', 'x', 1, 1)`,
    );
    expect(await ask('POST', `/incidents/${id}/reopen`)).toMatchObject({
      status: 409,
      body: { type: 'urn:fleetbeat:problem:group-has-incident' },
    });
    await bff.database.query(`update incident_alerts set state = 'resolved' where incident_id = $1`, [id]);
    expect(await ask('POST', `/incidents/${id}/reopen`)).toMatchObject({
      status: 409,
      body: { type: 'urn:fleetbeat:problem:nothing-fires' },
    });
  });

  it('tells what was delivered, and what became of it', async () => {
    const id = await addIncident('delivered');
    const notice: Notice = {
      kind: 'firing',
      dedup_key: 'x',
      incident_id: id,
      severity: 'error',
      title: 'x',
      body: '',
      url: 'http://localhost/',
      at: 1,
      started_at: 1,
      group_labels: {},
      alerts: [],
      more_alerts: 0,
    };
    await inTransaction(bff.database, async (transaction) => {
      const delivery = await enqueueDelivery(transaction, { channelId: 'chat', idempotencyKey: `test-${id}`, notice });
      await transaction.query(
        `insert into incident_timeline (incident_id, at, kind, text, delivery_ids) values ($1, 1, 'told', 'first notification', $2)`,
        [id, [delivery]],
      );
    });
    const { body } = await ask<List<TimelineEntry>>('GET', `/incidents/${id}/timeline`);
    expect(body.items).toMatchObject([
      { kind: 'told', actor: null, deliveries: [{ channel_name: 'Chat', notice_kind: 'firing', state: 'queued', attempts: 0 }] },
    ]);
  });

  it('comes page by page, and so does its timeline', async () => {
    const id = await addIncident('paged');
    for (const text of ['1', '2', '3']) await ask('POST', `/incidents/${id}/comments`, { text });
    const first = await ask<List<TimelineEntry>>('GET', `/incidents/${id}/timeline?limit=2`);
    const second = await ask<List<TimelineEntry>>('GET', `/incidents/${id}/timeline?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items].map(({ text }) => text)).toEqual(['1', '2', '3']);
    expect(second.body.next_cursor).toBeNull();
  });

  it('is changed only as it was read, by whoever may', async () => {
    const id = await addIncident('guarded');
    expect((await ask('POST', `/incidents/${id}/acknowledge`, undefined, { 'if-match': '"7"' })).status).toBe(412);
    expect((await ask('POST', `/incidents/${id}/acknowledge`, undefined, { 'if-match': '"1"' })).status).toBe(200);
    const readKey = await bff.makeKey(['read']);
    const headers = { authorization: `Bearer ${readKey}` };
    expect((await ask('POST', `/incidents/${id}/resolve`, undefined, headers)).status).toBe(403);
    expect((await ask('GET', `/incidents/${id}`, undefined, headers)).status).toBe(200);
  });

  it.each<readonly [string, unknown, number, string]>([
    ['assign', { user_id: 'zoe' }, 400, 'user_id: there is no user "zoe"'],
    ['assign', {}, 400, 'user_id: '],
    ['snooze', { until: 1 }, 400, 'until: must lie ahead'],
    ['snooze', { until: 8e15 }, 400, 'until: at most 30 days ahead'],
    ['snooze', { until: 'soon' }, 400, 'until: must be epoch milliseconds'],
    ['comments', { text: ' ' }, 400, 'text: must not be empty'],
    ['comments', { text: 'x'.repeat(4_001) }, 400, 'text: must be at most 4000 characters'],
  ])('refuses %s with %j', async (path, body, status, reason) => {
    const { items } = (await ask<List<Incident>>('GET', '/incidents?status=open&limit=1')).body;
    const answer = await ask<{ detail: string }>('POST', `/incidents/${items[0]?.id}/${path}`, body);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(reason);
  });

  it('tells whom it calls next, by hand only once somebody takes care, and nobody once it is over', async () => {
    const id = await addIncident('escalating');
    await bff.database.query(
      `insert into alerting_definitions (kind, id, definition, created_at, created_by, updated_at, updated_by) values
       ('escalation', 'wake', $1, 1, 'test', 1, 'test'), ('route', 'paged', $2, 1, 'test', 1, 'test')`,
      [
        {
          name: 'Wake somebody',
          steps: [
            { after_s: 0, targets: [{ type: 'channel', id: 'chat' }] },
            { after_s: 60, targets: [{ type: 'user', id: 'ann' }] },
          ],
          repeat: { times: 1, after_s: 60 },
        },
        { name: 'Paged', parent_id: 'default', escalation_id: 'wake' },
      ],
    );
    for (const table of ['incident_threads', 'incident_timers']) {
      await bff.database.query(`update ${table} set route_id = 'paged' where incident_id = $1`, [id]);
    }
    expect((await ask('GET', `/incidents/${id}`)).body.escalations).toEqual([
      {
        escalation_id: 'wake',
        name: 'Wake somebody',
        step: 2,
        steps: 2,
        round: 1,
        at: 9e15,
        reaches: ['Ann, who has no channel'],
        reaches_now: ['Ann, who has no channel'],
      },
    ]);
    expect((await ask('POST', `/incidents/${id}/acknowledge`)).body.escalations).toMatchObject([{ step: 2, at: null }]);
    expect((await ask('POST', `/incidents/${id}/resolve`)).body.escalations).toEqual([]);
  });

  it('that is not there is unknown', async () => {
    for (const path of ['', '/timeline']) expect((await ask('GET', `/incidents/424242${path}`)).status).toBe(404);
    expect((await ask('POST', '/incidents/424242/acknowledge')).status).toBe(404);
    expect((await ask('GET', '/incidents/x')).status).toBe(400);
  });
});
