import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredSchedule, Stretch } from '@fleetbeat/contracts/on-call.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { RouteTestAnswer, StoredSilence } from '@fleetbeat/contracts/routing.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
  await bff.database.query(
    `insert into users (id, name, email) values ('ann', 'Ann', 'ann@example.org'), ('bob', 'Bob', 'bob@example.org')`,
  );
  await bff.database.query(
    `insert into channels (id, name, type, owner, updated_by) values
       ('chat', 'Chat', 'webhook', null, 'test'), ('phone', 'Phone', 'ntfy', 'ann', 'test')`,
  );
});
afterAll(() => bff.stop());

interface Answer<T> {
  status: number;
  body: T;
  etag: string | null;
}
interface Refusal {
  type: string;
  detail: string;
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

async function add(path: string, body: unknown): Promise<string> {
  const { status, body: added } = await ask<{ id: string; detail?: string }>('POST', path, body);
  expect([status, added.detail]).toEqual([201, undefined]);
  return added.id;
}

const SCHEDULE = {
  name: 'Primary',
  time_zone: 'Europe/Berlin',
  layers: [{ name: 'Days', users: ['ann', 'bob'], starts_on: '2026-01-01', turn: { unit: 'days', count: 1 } }],
};
const ESCALATION = { name: 'Wake', steps: [{ after_s: 0, targets: [{ type: 'user', id: 'ann' }] }] };
const HOUR = 3_600_000;
const silence = (given: object = {}) => {
  return { comment: 'deploying', matchers: [{ label: 'team', value: 'search' }], ends_at: Date.now() + HOUR, ...given };
};

describe('routes', () => {
  it('are there from the start: one that takes everything and tells the dashboard alone', async () => {
    const { body } = await ask<List<{ id: string; built_in: boolean }>>('GET', '/routes');
    expect(body.items).toMatchObject([
      { id: 'default', built_in: true, settings: { group_by: ['alertname'], channels: [], escalation_id: null } },
    ]);
    expect((await ask('DELETE', '/routes/default')).status).toBe(409);
  });

  it('are added, replaced and deleted with ETags, and all of it is audited', async () => {
    const added = await ask<{ id: string }>('POST', '/routes', {
      name: 'Search',
      matchers: [{ label: 'team', value: 'search' }],
    });
    expect(added).toMatchObject({
      status: 201,
      etag: '"1"',
      body: { version: 1, definition: { parent_id: 'default', continue: false } },
    });
    const path = `/routes/${added.body.id}`;
    const put = (name: string, etag: string) => ask('PUT', path, { name, channels: ['chat'] }, { 'if-match': etag });
    expect(await put('Ads', '"1"')).toMatchObject({ status: 200, etag: '"2"', body: { settings: { channels: ['chat'] } } });
    expect((await put('Late', '"1"')).status).toBe(412);
    expect((await ask('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
    const { rows } = await bff.database.query(
      `select action from audit_logs where entity_type = 'route' and entity_id = $1 order by id`,
      [added.body.id],
    );
    expect(rows).toEqual([{ action: 'created' }, { action: 'updated' }, { action: 'deleted' }]);
  });

  it('are not below themselves, and not deleted while others are below them', async () => {
    const above = await add('/routes', { name: 'Above' });
    const below = await add('/routes', { name: 'Below', parent_id: above });
    expect(await ask('PUT', `/routes/${above}`, { name: 'Above', parent_id: below })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('parent_id: is the route itself or below it') as string },
    });
    expect(await ask('DELETE', `/routes/${above}`)).toMatchObject({ status: 409, body: { detail: 'the route Below needs it' } });
    await ask('DELETE', `/routes/${below}`);
    expect((await ask('DELETE', `/routes/${above}`)).status).toBe(204);
  });

  it.each<readonly [object, string]>([
    [{ channels: ['chat', 'nowhere'] }, 'channels.1: there is no channel "nowhere"'],
    [{ escalation_id: 'nowhere' }, 'escalation_id: there is no escalation "nowhere"'],
    [{ parent_id: 'nowhere' }, 'parent_id: there is no route "nowhere"'],
    [{ parent_id: null }, 'parent_id: only the default route has no parent'],
    [{ matchers: [{ label: 'a b', value: '' }] }, 'matchers.0.label: is no label name'],
    [{ matchers: [{ label: 'a', op: '=~', value: '(' }] }, 'matchers.0.value: the pattern is not one of RE2'],
    [{ matchers: [{ label: 'a', op: '!~', value: 'x'.repeat(300) }] }, 'matchers.0.value: must be at most 256 characters'],
    [
      { matchers: [{ label: 'a', op: '=~', value: '(a{500}b{500}){1}|'.repeat(6) }] },
      'matchers.0.value: the pattern is too large',
    ],
    [{ matchers: [{ label: 'a', op: '=~', value: '(a)\\1' }] }, 'matchers.0.value: the pattern is not one of RE2'],
    [{ group_interval_s: 0 }, 'group_interval_s: '],
    [{ quiet_hours: { time_zone: 'Mars/Base', intervals: [{}] } }, 'quiet_hours.time_zone: is no time zone'],
    [
      { quiet_hours: { time_zone: 'UTC', intervals: [{ from: '25:00' }] } },
      'quiet_hours.intervals.0.from: must be a time like 22:30',
    ],
    [{ nonsense: 1 }, 'Unrecognized key: "nonsense"'],
    [{ name: '' }, 'name: must not be empty'],
  ])('with %j are refused, with the place', async (mistake, reason) => {
    const { status, body } = await ask<Refusal>('POST', '/routes', { name: 'Bad', ...mistake });
    expect([status, body.type]).toEqual([400, 'urn:fleetbeat:problem:invalid-body']);
    expect(body.detail).toContain(reason);
  });

  it('can be asked what would become of an alert, and why', async () => {
    const escalation = await add('/escalations', {
      name: 'Page',
      steps: [
        { after_s: 0, targets: [{ type: 'user', id: 'ann' }] },
        {
          after_s: 60,
          targets: [
            { type: 'user', id: 'bob' },
            { type: 'channel', id: 'chat' },
          ],
        },
      ],
    });
    const audit = await add('/routes', { name: 'Audit', position: 1, continue: true, channels: ['chat'] });
    const pages = await add('/routes', {
      name: 'Pages',
      position: 2,
      matchers: [{ label: 'severity', value: 'error' }],
      escalation_id: escalation,
      group_by: ['team'],
    });
    const asked = { labels: { alertname: 'Agent offline', team: 'search', set: 'agent', kind: 'liveness', host: 'h1' } };
    const { body } = await ask<RouteTestAnswer>('POST', '/routes/test', asked);
    expect(body.routes).toMatchObject([
      { route_id: audit, makes_incident: false, channels: [{ id: 'chat', name: 'Chat' }], escalation: null, held_back: null },
      {
        route_id: pages,
        makes_incident: true,
        group_labels: { team: 'search' },
        escalation: {
          name: 'Page',
          steps: [
            { after_s: 0, reaches: ['Ann over Phone'] },
            { after_s: 60, reaches: ['Bob, who has no channel', 'channel Chat'] },
          ],
        },
      },
    ]);
    expect(body.trace.map(({ name, takes }) => [name, takes])).toEqual([
      ['Default', false],
      ['Audit', true],
      ['Pages', true],
    ]);
    const silenced = await add('/silences', silence());
    const again = await ask<RouteTestAnswer>('POST', '/routes/test', asked);
    expect(again.body.routes[0]?.held_back).toMatch(/^silenced by .*: deploying$/);
    const warning = await ask<RouteTestAnswer>('POST', '/routes/test', { labels: { severity: 'warning' } });
    expect(warning.body.trace.at(-1)?.why).toBe('severity="error" does not fit: severity is "warning"');
    for (const path of [`/silences/${silenced}`, `/routes/${pages}`, `/routes/${audit}`, `/escalations/${escalation}`]) {
      expect((await ask('DELETE', path)).status).toBe(204);
    }
  });
});

describe('silences', () => {
  it('tell which alerts they fit, and end when they are deleted', async () => {
    await bff.database.query(
      `insert into incidents (id, group_key, route_id, group_labels, status, severity, title, opened_at, updated_at)
       overriding system value values (900, 'silenced', 'default', '{}', 'open', 'error', 'x', 1, 1)`,
    );
    await bff.database.query(
      `with r as (insert into alert_rules (id, definition, updated_by) values ('silenced', '{"name": "Silenced"}', 'test') returning id),
       a as (insert into alerts (rule_id, key, state, severity, tracks, reason, began_at, fired_at)
         select id, key, 'firing', 'error', '{}', 'breach_lasted', 1, 1 from r, unnest(array['a', 'b']) key returning id, key)
       insert into incident_alerts (alert_id, incident_id, state, severity, labels, routes, fired_at)
       select id, 900, 'firing', 'error', jsonb_build_object('team', 'search', 'key', key, 'alertname', 'Silenced'), '{default}', 1 from a`,
    );
    const id = await add('/silences', silence());
    await add(
      '/silences',
      silence({
        matchers: [
          { label: 'team', op: '!=', value: 'search' },
          { label: 'key', value: 'z' },
        ],
      }),
    );
    const { body } = await ask<List<StoredSilence>>('GET', '/silences');
    expect(body.items.find((each) => each.id === id)).toMatchObject({
      state: 'active',
      affects: { alerts: 2, first: [{ key: 'b', rule_name: 'Silenced' }, { key: 'a' }] },
    });
    expect(body.items.filter((each) => each.id !== id)).toMatchObject([{ affects: { alerts: 0 } }, { state: 'expired' }]);
    const tried = (value: string) => ask('POST', '/silences/test', { matchers: [{ label: 'key', op: '=~', value }] });
    expect(await tried('b|c')).toMatchObject({ status: 200, body: { affects: { alerts: 1, first: [{ key: 'b' }] } } });
    expect(await tried('[')).toMatchObject({ status: 400 });
    expect((await ask('DELETE', `/silences/${id}`)).status).toBe(204);
    expect(await ask('GET', `/silences/${id}`)).toMatchObject({ status: 200, body: { state: 'expired' } });
    expect(await ask('PUT', `/silences/${id}`, silence())).toMatchObject({
      status: 409,
      body: { type: 'urn:fleetbeat:problem:silence-expired' },
    });
  });

  it('that have not begun are gone when they are deleted, and maintenance windows need no end', async () => {
    const id = await add('/silences', silence({ starts_at: Date.now() + HOUR, ends_at: Date.now() + 2 * HOUR }));
    expect((await ask('DELETE', `/silences/${id}`)).status).toBe(204);
    expect((await ask('GET', `/silences/${id}`)).status).toBe(404);
    const times = { time_zone: 'Europe/Berlin', intervals: [{ weekdays: ['sun'], from: '02:00', to: '04:00' }] };
    const window = await ask<StoredSilence>('POST', '/silences', silence({ ends_at: null, times }));
    expect(window.status).toBe(201);
    expect(['active', 'recurring']).toContain(window.body.state);
  });

  it.each<readonly [object, string]>([
    [{ ends_at: null }, 'ends_at: give an end, or the times of a maintenance window'],
    [{ ends_at: 1_000 }, 'ends_at: must lie ahead'],
    [{ starts_at: '2030-01-01T00:00:00Z', ends_at: '2029-01-01T00:00:00Z' }, 'ends_at: must lie after starts_at'],
    [{ ends_at: '2100-01-01T00:00:00Z' }, 'ends_at: at most a year after starts_at'],
    [{ ends_at: 'tomorrow' }, 'ends_at: must be epoch milliseconds or an RFC 3339 time'],
    [{ matchers: [] }, 'matchers: give at least one'],
    [{ matchers: [{ label: 'team', op: '=~', value: '.*' }] }, 'matchers: fit alerts without any labels'],
    [{ matchers: [{ label: 'team', op: '!=', value: 'x' }] }, 'matchers: fit alerts without any labels'],
    [{ matchers: [{ label: 'team', op: '=~', value: '[' }] }, 'matchers.0.value: the pattern is not one of RE2'],
    [{ comment: ' ' }, 'comment: must not be empty'],
  ])('with %j are refused, with the place', async (mistake, reason) => {
    const { status, body } = await ask<Refusal>('POST', '/silences', silence(mistake));
    expect(status).toBe(400);
    expect(body.detail).toContain(reason);
  });
});

describe('schedules', () => {
  it('are shown before they are kept, also where the clocks change', async () => {
    const at = (text: string) => Date.parse(`${text}Z`);
    const range = { from: at('2026-03-28T12:00'), to: at('2026-03-30T12:00') };
    const preview = (body: object) => ask<{ items: Stretch[] } & Refusal>('POST', '/schedules/preview', { ...range, ...body });
    const layers = [{ ...SCHEDULE.layers[0], users: ['ann', 'nobody-yet'], starts_on: '2026-03-28' }];
    const override = { user_id: 'bob', from: at('2026-03-29T00:00'), to: at('2026-03-29T02:00') };
    const { status, body } = await preview({ definition: { ...SCHEDULE, layers }, overrides: [override] });
    expect(status).toBe(200);
    expect(body.items.map(({ from, user_id: user }) => [new Date(from).toISOString().slice(0, 16), user])).toEqual([
      ['2026-03-28T12:00', 'ann'],
      ['2026-03-29T00:00', 'bob'],
      ['2026-03-29T02:00', 'ann'],
      ['2026-03-29T07:00', 'nobody-yet'],
      ['2026-03-30T07:00', 'ann'],
    ]);
    expect((await preview({ definition: { ...SCHEDULE, layers: [] } })).body.detail).toBe(
      'definition.layers: give at least one layer',
    );
    expect((await preview({ definition: SCHEDULE, to: range.from + 93 * 24 * HOUR })).body.detail).toContain('to: at most 92');
  });

  it('tell who is on call, follow overrides, and answer a calendar', async () => {
    const id = await add('/schedules', SCHEDULE);
    const calendar = (query: string) => ask<{ items: Stretch[] }>('GET', `/schedules/${id}/calendar?${query}`);
    const range = 'from=2026-01-01T08:00:00Z&to=2026-01-03T08:00:00Z';
    expect((await calendar(range)).body.items.map(({ user_id, by }) => [user_id, by])).toEqual([
      ['ann', 'Days'],
      ['bob', 'Days'],
    ]);
    const at = '/on-call?at=2026-01-02T12:00:00Z';
    expect((await ask<Stretch>('GET', `/schedules/${id}${at}`)).body).toMatchObject({ user_id: 'bob' });

    const [from, to] = [Date.now() - HOUR, Date.now() + HOUR];
    const before = (await ask<StoredSchedule>('GET', `/schedules/${id}`)).body.on_call.user_id;
    const other = before === 'ann' ? 'bob' : 'ann';
    const override = await ask<{ id: number }>('POST', `/schedules/${id}/overrides`, { user_id: other, from, to });
    expect(override.status).toBe(201);
    const now = await ask<{ items: { schedule_id: string; on_call: Stretch }[] }>('GET', '/on-call');
    expect(now.body.items.find(({ schedule_id }) => schedule_id === id)?.on_call).toMatchObject({
      user_id: other,
      by: 'override',
      to,
    });
    expect((await ask('DELETE', `/schedules/${id}/overrides/${override.body.id}`)).status).toBe(204);
    expect((await ask('DELETE', `/schedules/${id}/overrides/${override.body.id}`)).status).toBe(404);
    expect((await ask<StoredSchedule>('GET', `/schedules/${id}`)).body).toMatchObject({
      on_call: { user_id: before },
      overrides: [],
    });
    expect((await ask('DELETE', `/schedules/${id}`)).status).toBe(204);
  });

  it('with a gap are taken, with a warning that says when', async () => {
    const layers = [{ ...SCHEDULE.layers[0], times: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'] }] }];
    const { status, body } = await ask<StoredSchedule>('POST', '/schedules', { ...SCHEDULE, name: 'Weekdays', layers });
    expect(status).toBe(201);
    expect(body.gaps.length).toBeGreaterThanOrEqual(4);
    expect(body.warnings).toEqual([
      expect.stringMatching(/^nobody is on call for \d+ minutes of the next 28 days, in [45] gaps/),
    ]);
    const none = await ask<StoredSchedule>('POST', '/schedules', { ...SCHEDULE, name: 'Full' });
    expect(none.body.warnings).toEqual([]);
  });

  it.each<readonly [object, string]>([
    [{ time_zone: 'Europe/Atlantis' }, 'time_zone: is no time zone of the IANA database'],
    [{ time_zone: '+02:00' }, 'time_zone: is no time zone'],
    [{ layers: [] }, 'layers: give at least one layer'],
    [{ layers: [{ ...SCHEDULE.layers[0], users: ['ann', 'zoe'] }] }, 'layers.0.users.1: there is no user "zoe"'],
    [{ layers: [{ ...SCHEDULE.layers[0], starts_on: '2026-02-30' }] }, 'layers.0.starts_on: must be a date like 2026-01-31'],
    [{ layers: [{ ...SCHEDULE.layers[0], handoff: '24:00' }] }, 'layers.0.handoff: must be a time like 09:00'],
    [{ layers: [{ ...SCHEDULE.layers[0], ends_on: '2025-01-01' }] }, 'layers.0.ends_on: must lie after starts_on'],
    [{ layers: [{ ...SCHEDULE.layers[0], turn: { unit: 'days', count: 0 } }] }, 'layers.0.turn.count: '],
  ])('with %j are refused, with the place', async (mistake, reason) => {
    const { status, body } = await ask<Refusal>('POST', '/schedules', { ...SCHEDULE, name: 'Bad', ...mistake });
    expect(status).toBe(400);
    expect(body.detail).toContain(reason);
  });

  it('answer no calendar beyond its bounds', async () => {
    const id = await add('/schedules', { ...SCHEDULE, name: 'Bounds' });
    for (const query of ['from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z', 'from=2&to=1', 'from=x&to=1', 'from=1']) {
      expect((await ask('GET', `/schedules/${id}/calendar?${query}`)).status).toBe(400);
    }
    expect((await ask('GET', '/schedules/nowhere/calendar?from=1&to=2')).status).toBe(404);
    expect(
      (await ask('POST', '/schedules/nowhere/overrides', { user_id: 'ann', from: Date.now(), to: Date.now() + HOUR })).status,
    ).toBe(404);
    expect(
      await ask('POST', `/schedules/${id}/overrides`, { user_id: 'zoe', from: Date.now(), to: Date.now() + HOUR }),
    ).toMatchObject({
      status: 400,
      body: { detail: 'user_id: there is no user "zoe"' },
    });
  });
});

describe('escalations', () => {
  it('warn of steps that reach nobody, and keep what they need from being deleted', async () => {
    const schedule = await add('/schedules', { ...SCHEDULE, name: 'Needed' });
    const targets = [
      { type: 'user', id: 'bob' },
      { type: 'schedule', id: schedule },
    ];
    const { body } = await ask<{ id: string; warnings: string[] }>('POST', '/escalations', {
      ...ESCALATION,
      name: 'Bob',
      steps: [{ after_s: 0, targets }],
    });
    expect(body.warnings[0]).toBe('step 1 reaches Bob, who has no channel');
    expect((await ask('DELETE', `/schedules/${schedule}`)).status).toBe(409);
    const route = await add('/routes', { name: 'Needs it', escalation_id: body.id });
    expect(await ask('DELETE', `/escalations/${body.id}`)).toMatchObject({
      status: 409,
      body: { detail: 'the route Needs it needs it' },
    });
    for (const path of [`/routes/${route}`, `/escalations/${body.id}`, `/schedules/${schedule}`]) {
      expect((await ask('DELETE', path)).status).toBe(204);
    }
  });

  it.each<readonly [object, string]>([
    [{ steps: [] }, 'steps: give at least one step'],
    [{ steps: [{ after_s: 0, targets: [{ type: 'user', id: 'zoe' }] }] }, 'steps.0.targets.0.id: there is no user "zoe"'],
    [{ steps: [{ after_s: 0, targets: [{ type: 'channel', id: 'x' }] }] }, 'steps.0.targets.0.id: there is no channel "x"'],
    [{ steps: [{ after_s: -1, targets: [{ type: 'user', id: 'ann' }] }] }, 'steps.0.after_s: '],
    [{ repeat: { times: 99, after_s: 1 } }, 'repeat.times: '],
  ])('with %j are refused, with the place', async (mistake, reason) => {
    const { status, body } = await ask<Refusal>('POST', '/escalations', { ...ESCALATION, name: 'Bad', ...mistake });
    expect(status).toBe(400);
    expect(body.detail).toContain(reason);
  });
});

describe('definitions', () => {
  it('have a name that no other of their kind has, come by name, and page by page', async () => {
    const is = { label: 'set', value: 'x' };
    for (const name of ['b', 'A', 'c']) await add('/inhibitions', { name, source: [is], target: [is] });
    expect((await ask('POST', '/inhibitions', { name: 'a', source: [is], target: [is] })).status).toBe(409);
    interface Named {
      definition: { name: string };
    }
    const first = await ask<List<Named>>('GET', '/inhibitions?limit=3');
    const second = await ask<List<Named>>('GET', `/inhibitions?limit=3&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items].map(({ definition }) => definition.name)).toEqual([
      'A',
      'A host that is down explains its agents',
      'b',
      'c',
    ]);
    expect((await ask('GET', '/inhibitions?cursor=nonsense')).status).toBe(400);
  });
});
