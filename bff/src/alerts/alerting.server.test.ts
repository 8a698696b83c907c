import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Alert, Notification } from '@fleetbeat/contracts/alerts.ts';
import { ruleSchema, type StoredRule } from '@fleetbeat/contracts/rules.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { addAlert, addRule } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const NOW = 1_800_000_000_000;
const ERRORS = {
  kind: 'threshold',
  name: 'Errors',
  watch: { set: 'agent' },
  measure: 'error_rate',
  warning: { threshold: 0.1, recovery: 0.05 },
  annotations: { summary: '{{key}} fails {{value}} of the time' },
  labels: { team: 'search' },
} as const;

let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
});
afterAll(() => bff.stop());

interface Answer<T> {
  status: number;
  body: T;
  etag: string | null;
}

async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, etag: response.headers.get('etag') };
}

describe('rules', () => {
  it('are added, changed by a merge patch, listed and deleted, and all of it is audited', async () => {
    const added = await ask<StoredRule>('POST', '/rules', ERRORS);
    expect(added).toMatchObject({
      status: 201,
      etag: '"1"',
      body: { version: 1, built_in: false, firing: 0, evaluated_at: null },
    });
    expect(added.body.rule).toMatchObject({ window: '5m', comparison: '>', for_s: 0, enabled: true });
    const { id } = added.body;

    const changed = await ask<StoredRule>('PATCH', `/rules/${id}`, {
      for_s: 60,
      error: { threshold: 0.5 },
      warning: { recovery: null },
    });
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: { version: 2 } });
    expect(changed.body.rule).toMatchObject({ for_s: 60, error: { threshold: 0.5 }, warning: { threshold: 0.1 } });
    expect(changed.body.rule).not.toHaveProperty('warning.recovery');

    expect((await ask('PATCH', `/rules/${id}`, { enabled: false }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ask('PATCH', `/rules/${id}`, { enabled: false }, { 'if-match': '"2"' })).status).toBe(200);
    const listed = await ask<List<StoredRule>>('GET', '/rules?q=erro');
    expect(listed.body.items).toMatchObject([{ id, rule: { enabled: false } }]);

    expect((await ask('DELETE', `/rules/${id}`)).status).toBe(204);
    expect((await ask('GET', `/rules/${id}`)).status).toBe(404);
    expect((await ask('DELETE', `/rules/${id}`)).status).toBe(404);
    expect((await ask<List<StoredRule>>('GET', '/rules')).body.items).toEqual([]);

    const { rows } = await bff.database.query<{ action: string; changes: object }>(
      `select action, changes from audit_logs where entity_type = 'rule' and entity_id = $1 order by id`,
      [id],
    );
    expect(rows.map(({ action, changes }) => [action, Object.keys(changes).length > 0])).toEqual([
      ['created', true],
      ['updated', true],
      ['updated', true],
      ['deleted', true],
    ]);
  });

  it('come by name, page by page', async () => {
    for (const name of ['b', 'A', 'd', 'C']) await addRule(bff.database, `page-${name}`, ruleSchema.parse({ ...ERRORS, name }));
    const first = await ask<List<StoredRule>>('GET', '/rules?limit=3');
    const second = await ask<List<StoredRule>>('GET', `/rules?limit=3&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items].map(({ rule }) => rule.name)).toEqual(['A', 'b', 'C', 'd']);
    expect(second.body.next_cursor).toBeNull();
  });

  it('have a name that no other has', async () => {
    await ask('POST', '/rules', { ...ERRORS, name: 'Taken' });
    expect(await ask('POST', '/rules', { ...ERRORS, name: 'taken' })).toMatchObject({
      status: 409,
      body: { type: 'urn:fleetbeat:problem:rule-exists' },
    });
    const other = await ask<StoredRule>('POST', '/rules', { ...ERRORS, name: 'Other' });
    expect((await ask('PATCH', `/rules/${other.body.id}`, { name: 'TAKEN' })).status).toBe(409);
  });

  it.each<readonly [object, string]>([
    [{ nonsense: 1 }, 'Unrecognized key: "nonsense"'],
    [{ kind: 'magic' }, 'kind: '],
    [{ name: '' }, 'name: must not be empty'],
    [{ measure: 'cpu_usage' }, 'measure: agent has no cpu_usage'],
    [{ measure: 'poem' }, 'measure: '],
    [{ warning: { threshold: 1.5 } }, 'warning.threshold: error_rate lies between 0 and 1: > 1.5 says nothing about it'],
    [{ warning: { threshold: 0.1, recovery: 0.2 } }, 'warning.recovery: must be at most the threshold, 0.1'],
    [{ error: { threshold: 0.05 } }, 'error.threshold: must not be reached before that of the warning, 0.1'],
    [{ warning: undefined }, 'warning: give warning, error, or both'],
    [{ for_s: -1 }, 'for_s: '],
    [{ window: '2m' }, 'window: '],
    [{ watch: { set: 'fleet', keys: ['a'] } }, 'watch.keys: fleet has no keys'],
    [{ watch: { set: 'model', labels: { a: 'b' } } }, 'watch.labels: only agents and hosts have labels'],
    [{ watch: { set: 'agent', keys: Array.from({ length: 1_001 }, (_, i) => `a${i}`) } }, 'watch.keys: '],
    [{ annotations: { summary: '{{vaule}}' } }, 'annotations.summary: {{vaule}} is none of {{value}}'],
    [{ annotations: { summary: '{{value' } }, 'annotations.summary: a {{ without its }}'],
    [{ runbook_url: 'javascript:alert(1)' }, 'runbook_url: must be an http or https address'],
  ])('with %j are refused, with the place', async (mistake, reason) => {
    const answer = await ask<{ type: string; detail: string }>('POST', '/rules', { ...ERRORS, name: 'Bad', ...mistake });
    expect(answer).toMatchObject({ status: 400, body: { type: 'urn:fleetbeat:problem:invalid-body' } });
    expect(answer.body.detail).toContain(reason);
  });

  it('stay as they are where a patch makes no rule of them', async () => {
    const { body } = await ask<StoredRule>('POST', '/rules', { ...ERRORS, name: 'Steady' });
    const patched = await ask<{ detail: string }>('PATCH', `/rules/${body.id}`, { warning: { threshold: 7 } });
    expect([patched.status, patched.body.detail]).toEqual([400, expect.stringContaining('warning.threshold: ')]);
    expect((await ask<StoredRule>('GET', `/rules/${body.id}`)).body).toEqual(body);
  });

  it('are changed only with the scope operate', async () => {
    const readKey = await bff.makeKey(['read']);
    const headers = { authorization: `Bearer ${readKey}` };
    expect((await ask('POST', '/rules', ERRORS, headers)).status).toBe(403);
    expect((await ask('POST', '/alerts/1/acknowledge', undefined, headers)).status).toBe(403);
    expect((await ask('GET', '/rules', undefined, headers)).status).toBe(200);
  });
});

describe('alerts', () => {
  it('are found by state, with annotations filled, page by page, and acknowledged once', async () => {
    await addRule(bff.database, 'alerting', ruleSchema.parse({ ...ERRORS, name: 'Alerting' }));
    const ids: number[] = [];
    for (const [key, state] of [
      ['a', 'resolved'],
      ['b', 'firing'],
      ['c', 'pending'],
      ['d', 'firing'],
    ] as const) {
      ids.push((await addAlert(bff.database, { ruleId: 'alerting', key, state, at: NOW })).alertId);
    }
    const firing = await ask<List<Alert>>('GET', '/alerts?state=firing&limit=1');
    expect(firing.body.items).toMatchObject([
      {
        key: 'd',
        rule_name: 'Alerting',
        set: 'agent',
        labels: { team: 'search' },
        annotations: { summary: 'd fails 25% of the time' },
      },
    ]);
    const next = await ask<List<Alert>>('GET', `/alerts?state=firing&limit=1&cursor=${firing.body.next_cursor}`);
    expect([next.body.items[0]?.key, next.body.next_cursor]).toEqual(['b', null]);
    const several = await ask<List<Alert>>('GET', '/alerts?state=pending&state=resolved');
    expect(several.body.items.map(({ key }) => key)).toEqual(['c', 'a']);
    expect((await ask('GET', '/alerts?state=inactive')).status).toBe(400);

    const first = await ask<Alert>('POST', `/alerts/${ids[1]}/acknowledge`);
    expect(first.body.acknowledged_by).not.toBeNull();
    const again = await ask<Alert>('POST', `/alerts/${ids[1]}/acknowledge`, undefined, { authorization: `Bearer ${bff.key}` });
    expect(again.body).toEqual(first.body);
    expect((await ask('POST', `/alerts/${ids[0]}/acknowledge`)).status).toBe(409);
    expect((await ask('POST', '/alerts/999999/acknowledge')).status).toBe(404);
    expect((await ask('POST', '/alerts/x/acknowledge')).status).toBe(400);
    // A rule that is deleted leaves its alerts to be read.
    await ask('DELETE', '/rules/alerting');
    expect((await ask<List<Alert>>('GET', '/alerts?rule_id=alerting')).body.items).toHaveLength(4);
  });
});

test('notifications are read once, by id or up to one', async () => {
  await addRule(bff.database, 'told', ruleSchema.parse({ ...ERRORS, name: 'Told' }));
  await bff.database.query('delete from notifications');
  const ids: number[] = [];
  for (const key of ['x', 'y', 'z']) ids.push((await addAlert(bff.database, { ruleId: 'told', key, at: NOW })).notificationId);
  const unread = async () => {
    const { body } = await ask<List<Notification>>('GET', '/notifications?unread');
    return body.items.map(({ title }) => title);
  };
  expect(await unread()).toEqual(['z is in trouble', 'y is in trouble', 'x is in trouble']);
  expect((await ask('POST', '/notifications/read', { ids: [ids[1]] })).body).toEqual({ read: 1 });
  expect((await ask('POST', '/notifications/read', { ids: [ids[1]] })).body).toEqual({ read: 0 });
  expect(await unread()).toEqual(['z is in trouble', 'x is in trouble']);
  expect((await ask('POST', '/notifications/read', { up_to: ids[2] })).body).toEqual({ read: 2 });
  expect(await unread()).toEqual([]);
  expect((await ask<List<Notification>>('GET', '/notifications')).body.items).toHaveLength(3);
  expect((await ask('POST', '/notifications/read', {})).status).toBe(400);
});

test('notifications come live to whoever has subscribed to them', async () => {
  const socket = io(bff.url, { auth: { key: operatorKey }, transports: ['websocket'] });
  try {
    const received = new Promise<{ type: string; data: Notification }>((resolve) => socket.on('notification', resolve));
    expect(await socket.emitWithAck('subscribe', { channel: 'notifications' })).toMatchObject({ ok: true });
    const data: Notification = {
      id: 7,
      at: NOW,
      severity: 'error',
      kind: 'firing',
      title: '3 agents stopped answering 2 minutes ago',
      body: '',
      rule_id: 'told',
      alert_ids: [1, 2, 3],
      subject: null,
      read_at: null,
      recipient: null,
    };
    const value = Buffer.from(JSON.stringify({ type: 'notification', data }));
    await bff.eventLog.append([{ topic: 'live', partition: 0, key: null, value, count: 1 }]);
    expect(await received).toMatchObject({ type: 'notification', data });
  } finally {
    socket.disconnect();
  }
});
