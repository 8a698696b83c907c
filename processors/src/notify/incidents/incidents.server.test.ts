import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepIncidents } from './sweep-incidents.ts';
import { BEGIN, World } from './testing/world.ts';

const MINUTE = 60;
const HOUR = 3_600;
const is = (label: string, value: string) => ({ label, op: '=', value });

let fresh: FreshDatabase;
let world: World;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());
beforeEach(async () => {
  await fresh.database.query(
    `truncate alert_rules, alerts, alert_outbox, incidents, incident_timers, deliveries, channels, agents, hosts, tasks cascade`,
  );
  await fresh.database.query(`delete from on_call_overrides`);
  await fresh.database.query(`delete from alerting_definitions where not built_in or kind = 'route'`);
  world = new World(fresh.database);
  await world.channel('chat');
  // Alertmanager's defaults: wait 30 s, 5 minutes, 4 hours.
  await world.define('route', 'default', {
    parent_id: null,
    channels: ['chat'],
    group_wait_s: 30,
    group_interval_s: 5 * MINUTE,
    repeat_interval_s: 4 * HOUR,
  });
});

describe('batching', () => {
  it('waits for more alerts of the group before it tells, and tells them together', async () => {
    await world.fire('a');
    await world.passTo(10);
    await world.fire('b');
    await world.passTo(29);
    expect(await world.told()).toEqual([]);
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: a b']);
    expect(await world.incidents()).toMatchObject([{ status: 'open', title: 'offline: a and 1 more' }]);
  });

  it('tells what comes later at the group interval', async () => {
    await world.fire('a');
    await world.passTo(40);
    await world.fire('b');
    await world.passTo(100);
    await world.fire('c');
    await world.passTo(10 * MINUTE);
    expect(await world.told()).toEqual(['30 chat firing: a', '330 chat firing: a b c']);
  });

  it('makes an incident of each group', async () => {
    await world.fire('a');
    await world.fire('a', { rule: 'errors' });
    await world.fire('b', { rule: 'errors' });
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: a', '30 chat firing: a b']);
    await world.define('route', 'default', { group_by: ['...'] });
    await world.fire('c');
    await world.fire('d');
    expect(await world.incidents()).toHaveLength(4);
  });

  it('tells at once of what is worse than all before, and not of what eases', async () => {
    await world.fire('a');
    await world.passTo(40);
    await world.fire('a', { severity: 'error' });
    await world.passTo(41);
    await world.fire('a', { severity: 'warning' });
    await world.passTo(20 * MINUTE);
    expect(await world.told()).toEqual(['30 chat firing: a', '40 chat firing: a']);
    expect(await world.incidents()).toMatchObject([{ severity: 'warning' }]);
  });

  it('waits even for an error while nothing was told yet', async () => {
    await world.fire('a');
    await world.passTo(10);
    await world.fire('b', { severity: 'error' });
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: a b']);
  });
});

describe('repetition', () => {
  it('tells again when the repeat interval has passed, at a group interval', async () => {
    await world.define('route', 'default', { repeat_interval_s: 12 * MINUTE });
    await world.fire('a');
    await world.passTo(35 * MINUTE);
    // At 30 s + 15 min the 12 minutes have passed for the first time, then again 15 minutes later.
    expect(await world.told()).toEqual(['30 chat firing: a', '930 chat repeat: a', '1830 chat repeat: a']);
  });

  it('counts the interval from the last time that anything was told', async () => {
    await world.define('route', 'default', { repeat_interval_s: 10 * MINUTE });
    await world.fire('a');
    await world.passTo(8 * MINUTE);
    await world.fire('b');
    await world.passTo(20 * MINUTE + 29);
    expect(await world.told()).toEqual(['30 chat firing: a', '630 chat firing: a b']);
    await world.passTo(20 * MINUTE + 30);
    expect(await world.told()).toHaveLength(3);
  });
});

describe('resolution', () => {
  it('is told at the next group interval, and then nothing more', async () => {
    await world.fire('a');
    await world.passTo(60);
    await world.resolve('a');
    await world.passTo(12 * HOUR);
    expect(await world.told()).toEqual(['30 chat firing: a', '330 chat resolved: / a']);
    expect(await world.incidents()).toMatchObject([{ status: 'resolved' }]);
    const { rowCount } = await world.database.query('select 1 from incident_timers');
    expect(rowCount).toBe(0);
  });

  it('of some is told with what goes on, and once', async () => {
    await world.fire('a');
    await world.fire('b');
    await world.passTo(60);
    await world.resolve('b');
    await world.passTo(30 * MINUTE);
    expect(await world.told()).toEqual(['30 chat firing: a b', '330 chat firing: a / b']);
  });

  it('of what nobody has heard of is told to nobody', async () => {
    await world.fire('a');
    await world.passTo(20);
    await world.resolve('a');
    await world.passTo(HOUR);
    expect(await world.told()).toEqual([]);
    expect(await world.incidents()).toMatchObject([{ status: 'resolved' }]);
  });

  it('that does not last until the group interval is told to nobody', async () => {
    await world.fire('a');
    await world.passTo(60);
    await world.resolve('a');
    await world.passTo(90);
    await world.fire('a');
    await world.passTo(HOUR);
    // A new alert of the same agent: told anew, in the same incident.
    expect(await world.told()).toEqual(['30 chat firing: a', '330 chat firing: a']);
    expect(await world.incidents()).toMatchObject([{ status: 'open', reopened: 1 }]);
  });

  it('is not told where the route does not want it', async () => {
    await world.define('route', 'default', { tell_resolved: false });
    await world.fire('a');
    await world.passTo(60);
    await world.resolve('a');
    await world.passTo(HOUR);
    expect(await world.told()).toEqual(['30 chat firing: a']);
  });
});

describe('an incident that is over', () => {
  it('is opened again within the time for it, and a new one is made after that', async () => {
    await world.fire('a');
    await world.passTo(60);
    await world.resolve('a');
    await world.passTo(60 + 10 * MINUTE);
    await world.fire('b');
    await world.passTo(60 + 12 * MINUTE);
    expect(await world.incidents()).toMatchObject([{ status: 'open', reopened: 1, title: 'offline: b' }]);
    await world.resolve('b');
    await world.passTo(60 + 23 * MINUTE);
    await world.fire('c');
    expect(await world.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'open', reopened: 0 }]);
  });

  it('because somebody has said so stays over while its alerts go on, until one gets worse', async () => {
    await world.fire('a');
    await world.passTo(60);
    await world.database.query(`update incidents set status = 'resolved', resolved_at = $1, resolved_by = 'ann'`, [world.now]);
    await world.database.query(`update incident_timers set due_at = $1`, [world.now]);
    await world.passTo(HOUR);
    expect(await world.told()).toEqual(['30 chat firing: a', '60 chat resolved: a']);
    await world.fire('b');
    await world.fire('a', { severity: 'error' });
    await world.passTo(HOUR + MINUTE);
    // B came too late to open it again, and A joins the incident that B has made.
    expect((await world.told()).slice(2)).toEqual([`${HOUR + 30} chat firing: a b`]);
    expect(await world.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'open', severity: 'error' }]);
  });
});

describe('inhibition', () => {
  const AGENT_ON_H1 = `insert into agents (agent_id, source, host_id, status, first_seen, last_seen) values ('a', 1, 'h1', 'online', 0, 0)`;
  it('by a host that is down holds back its agents, and no others', async () => {
    await world.database.query(AGENT_ON_H1);
    await world.rule('host-offline', { watch: { set: 'host' } });
    await world.fire('h1', { rule: 'host-offline' });
    await world.fire('a');
    await world.fire('stranger');
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: h1', '30 chat firing: stranger']);
    const { rows } = await world.database.query(`select held_back from incident_alerts where labels ->> 'key' = 'a'`);
    expect(rows).toEqual([{ held_back: 'explained by host-offline, h1 (A host that is down explains its agents)' }]);
  });

  it('ends with what explains', async () => {
    await world.database.query(AGENT_ON_H1);
    await world.rule('host-offline', { watch: { set: 'host' } });
    await world.fire('h1', { rule: 'host-offline' });
    await world.fire('a');
    await world.passTo(60);
    await world.resolve('h1', { rule: 'host-offline' });
    await world.passTo(6 * MINUTE);
    expect(await world.told()).toEqual(['30 chat firing: h1', '330 chat resolved: / h1', '330 chat firing: a']);
  });

  it('works where what explains is silenced', async () => {
    await world.database.query(AGENT_ON_H1);
    await world.rule('host-offline', { watch: { set: 'host' } });
    await world.define('silence', 's', {
      comment: 'known',
      matchers: [is('set', 'host')],
      starts_at: BEGIN,
      ends_at: BEGIN + HOUR * 1_000,
    });
    await world.fire('h1', { rule: 'host-offline' });
    await world.fire('a');
    await world.passTo(60);
    expect(await world.told()).toEqual([]);
  });
});

describe('a silence', () => {
  const silence = (from: number, to: number) => {
    return { comment: 'deploying', matchers: [is('key', 'a')], starts_at: BEGIN + from * 1_000, ends_at: BEGIN + to * 1_000 };
  };

  it('holds back what it fits until it expires, and says so once', async () => {
    await world.define('silence', 's', silence(0, 20 * MINUTE));
    await world.fire('a');
    await world.passTo(HOUR);
    expect(await world.told()).toEqual(['1230 chat firing: a']);
    expect((await world.timeline()).filter((entry) => entry.includes('held_back'))).toEqual([
      '30 held_back: default: silenced by ann: deploying',
    ]);
  });

  it('holds back only what it fits', async () => {
    await world.define('silence', 's', silence(0, HOUR));
    await world.fire('a');
    await world.fire('b');
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: b']);
  });

  it('over an alert that was told ends its repetition, and its end is told when the silence is over', async () => {
    await world.define('route', 'default', { repeat_interval_s: 10 * MINUTE });
    await world.fire('a');
    await world.passTo(60);
    await world.define('silence', 's', silence(60, HOUR));
    await world.passTo(30 * MINUTE);
    await world.resolve('a');
    await world.passTo(2 * HOUR);
    expect(await world.told()).toEqual(['30 chat firing: a', '3630 chat resolved: / a']);
  });

  it('that recurs is a maintenance window', async () => {
    // Berlin: 09:00 at the beginning. The window ends at 09:30.
    const times = { time_zone: 'Europe/Berlin', intervals: [{ from: '08:00', to: '09:30' }] };
    await world.define('silence', 's', {
      comment: 'patching',
      matchers: [is('key', 'a')],
      starts_at: BEGIN - 1,
      ends_at: null,
      times,
    });
    await world.fire('a');
    await world.passTo(HOUR);
    expect(await world.told()).toEqual([`${30 * MINUTE + 30} chat firing: a`]);
  });
});

describe('routes', () => {
  beforeEach(async () => {
    await world.channel('pager');
    await world.channel('log');
    await world.define('route', 'log', { position: 1, matchers: [], continue: true, channels: ['log'], group_wait_s: 0 });
    await world.define('route', 'errors', {
      position: 2,
      matchers: [is('severity', 'error')],
      channels: ['pager'],
      group_wait_s: 10,
    });
    await world.define('route', 'rest', { position: 3, matchers: [] });
  });

  it('each tell the same incident in their own time', async () => {
    await world.fire('a', { severity: 'error' });
    await world.passTo(60);
    expect(await world.told()).toEqual(['0 log firing: a', '10 pager firing: a']);
    expect(await world.incidents()).toHaveLength(1);
  });

  it('come to an alert that gets worse, and those that told it go on', async () => {
    await world.fire('a');
    await world.passTo(60);
    await world.fire('a', { severity: 'error' });
    await world.passTo(80);
    await world.resolve('a');
    await world.passTo(HOUR);
    expect(await world.told('pager')).toEqual(['70 pager firing: a', '370 pager resolved: / a']);
    expect(await world.told('chat')).toEqual(['30 chat firing: a', '60 chat firing: a', '360 chat resolved: / a']);
    expect(await world.incidents()).toHaveLength(1);
  });

  it('that are mute tell when they are mute no more', async () => {
    const mute = { time_zone: 'UTC', intervals: [{ from: '08:00', to: '08:10' }] };
    await world.define('route', 'errors', { mute });
    await world.fire('a', { severity: 'error' });
    await world.passTo(HOUR);
    expect(await world.told('pager')).toEqual(['610 pager firing: a']);
  });

  it('keep info back in quiet hours, and tell warnings', async () => {
    await world.define('route', 'rest', { quiet_hours: { time_zone: 'UTC', intervals: [{ from: '06:00', to: '08:20' }] } });
    await world.fire('i', { severity: 'info', rule: 'chatty' });
    await world.fire('w');
    await world.passTo(HOUR);
    expect(await world.told('chat')).toEqual(['30 chat firing: w', '1230 chat firing: i']);
  });

  it('that are deleted end what they told', async () => {
    await world.fire('a', { severity: 'error' });
    await world.passTo(60);
    await world.database.query(`delete from alerting_definitions where kind = 'route' and id = 'errors'`);
    await world.passTo(HOUR);
    expect(await world.told('pager')).toEqual(['10 pager firing: a']);
    expect(await world.timeline()).toContain('310 held_back: the route is no longer there');
  });
});

describe('escalation', () => {
  const user = (id: string) => ({ type: 'user', id });
  beforeEach(async () => {
    await world.channel('ann-phone', 'ann');
    await world.channel('bob-phone', 'bob');
    await world.channel('boss');
    await world.define('schedule', 'primary', {
      time_zone: 'Europe/Berlin',
      layers: [{ name: 'days', users: ['ann', 'bob'], starts_on: '2026-03-01', turn: { unit: 'days', count: 1 } }],
    });
    await world.define('escalation', 'wake', {
      steps: [
        { after_s: 0, targets: [{ type: 'schedule', id: 'primary' }] },
        { after_s: 300, targets: [user('ann')] },
        { after_s: 600, targets: [{ type: 'channel', id: 'boss' }] },
      ],
      repeat: { times: 1, after_s: 900 },
    });
    await world.define('route', 'default', { escalation_id: 'wake', channels: [] });
  });
  const setStatus = (status: string) =>
    world.database.query(`update incidents set status = $1, acknowledged_by = 'ann', acknowledged_at = $2`, [status, world.now]);

  it('tells step by step while nobody acknowledges, as often as it is to', async () => {
    await world.fire('a');
    await world.passTo(2 * HOUR);
    expect(await world.told()).toEqual([
      // Monday 09:00 in Berlin: Bob's turn has just begun.
      '30 bob-phone firing: a',
      '330 ann-phone escalated: a',
      '930 boss escalated: a',
      '1830 bob-phone escalated: a',
      '2130 ann-phone escalated: a',
      '2730 boss escalated: a',
    ]);
    expect(await world.timeline()).toContain('330 escalated: wake, step 2 of 3: ann (1 channel)');
    expect(await world.timeline()).toContain('2730 held_back: wake: that was the last step, and nobody has acknowledged yet');
  });

  it.each([
    [
      'acknowledged',
      [
        '630 ann-phone acknowledged: a',
        '630 bob-phone acknowledged: a',
        '1230 ann-phone resolved: / a',
        '1230 bob-phone resolved: / a',
      ],
    ],
    // The alert goes on, and is told as it is.
    ['resolved', ['630 ann-phone resolved: a', '630 bob-phone resolved: a']],
  ])('ends where the incident is %s, and everybody who was woken hears of it and of the end', async (status, then) => {
    await world.fire('a');
    await world.passTo(400);
    await setStatus(status);
    await world.passTo(1_000);
    await world.resolve('a');
    await world.passTo(2 * HOUR);
    expect(await world.told()).toEqual(['30 bob-phone firing: a', '330 ann-phone escalated: a', ...then]);
  });

  it('does not begin where everything is silenced, nor go on', async () => {
    await world.fire('a');
    await world.passTo(100);
    await world.define('silence', 's', {
      comment: 'x',
      matchers: [is('key', 'a')],
      starts_at: BEGIN,
      ends_at: BEGIN + 3_000_000,
    });
    await world.passTo(2_000);
    expect(await world.told()).toEqual(['30 bob-phone firing: a']);
    await world.passTo(4_000);
    expect((await world.told()).length).toBeGreaterThan(1);
  });

  it('goes on at once where nobody is on call, and follows overrides', async () => {
    await world.define('schedule', 'primary', {
      layers: [{ name: 'later', users: ['ann'], starts_on: '2026-04-01', turn: { unit: 'days', count: 1 } }],
    });
    await world.fire('a');
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 ann-phone escalated: a']);
    expect(await world.timeline()).toContain('30 escalated: wake, step 1 of 3: nobody is on call in primary');
    await world.database.query(
      `insert into on_call_overrides (schedule_id, user_id, from_ms, to_ms) values ('primary', 'bob', $1, $2)`,
      [world.now, world.now + HOUR * 1_000],
    );
    await world.passTo(20 * MINUTE + 31);
    expect(await world.told('bob-phone')).toEqual([]);
    await world.passTo(26 * MINUTE);
    expect(await world.told('bob-phone')).toEqual(['1530 bob-phone escalated: a']);
  });

  it('begins anew after a snooze, which ends early where it gets worse', async () => {
    await world.fire('a');
    await world.passTo(60);
    const snooze = (until: number) =>
      world.database.query(
        `with i as (update incidents set status = 'acknowledged', snoozed_until = $1 returning id)
         insert into incident_timers (incident_id, kind, due_at) select id, 'unsnooze', $1 from i`,
        [BEGIN + until * 1_000],
      );
    await snooze(20 * MINUTE);
    await world.passTo(20 * MINUTE);
    expect(await world.told()).toEqual(['30 bob-phone firing: a', '1200 bob-phone firing: a']);
    await snooze(2 * HOUR);
    await world.passTo(30 * MINUTE);
    await world.fire('a', { severity: 'error' });
    await world.passTo(30 * MINUTE + 1);
    expect((await world.told()).at(-1)).toBe('1800 bob-phone firing: a');
    expect(await world.timeline()).toContain('1800 snooze_ended: it got worse: error');
    expect(await world.incidents()).toMatchObject([{ status: 'open' }]);
  });
});

describe('a failure', () => {
  it('to enqueue a delivery undoes all of it, is tried again, and tells once', async () => {
    await world.channel('second');
    await world.define('route', 'default', { channels: ['chat', 'second'] });
    const { enqueue } = world;
    let tries = 0;
    world.enqueue = (transaction, delivery) => {
      tries += 1;
      if (tries === 2) return Promise.reject(new Error('no room'));
      return enqueue(transaction, delivery);
    };
    await world.fire('a');
    await world.passTo(60);
    expect(world.failures).toHaveLength(1);
    expect(await world.told()).toEqual(['35 chat firing: a', '35 second firing: a']);
    expect((await world.timeline()).filter((entry) => entry.includes('told'))).toEqual(['35 told: default: first notification']);
  });

  it('of one incident does not hold up the others', async () => {
    const { enqueue } = world;
    world.enqueue = (transaction, delivery) =>
      delivery.notice.title.startsWith('bad') ? Promise.reject(new Error('no')) : enqueue(transaction, delivery);
    await world.fire('a', { rule: 'bad' });
    await world.fire('b', { rule: 'good' });
    await world.passTo(60);
    expect(await world.told()).toEqual(['30 chat firing: b']);
  });
});

describe('an alert that cannot be grouped', () => {
  it('is tried again, and holds up no other', async () => {
    await world.database.query(`alter table incidents add constraint no_bad check (title not like 'bad%')`);
    await world.fire('a', { rule: 'bad' });
    await world.fire('b', { rule: 'good' });
    await world.passTo(60);
    expect(world.failures.length).toBeGreaterThan(0);
    expect(await world.told()).toEqual(['30 chat firing: b']);
    await world.database.query('alter table incidents drop constraint no_bad');
    await world.sweep();
    await world.passTo(120);
    expect(await world.told()).toEqual(['30 chat firing: b', '90 chat firing: a']);
  });
});

describe('several processes', () => {
  it('make one incident of a group and tell it once, whoever is at it', async () => {
    for (let i = 0; i < 20; i++) {
      await world.database.query(`insert into alert_rules (id, definition, updated_by) values ('r${i}', $1, 'test')`, [
        { kind: 'liveness', name: `r${i}`, watch: { set: 'agent' }, labels: {}, annotations: {}, runbook_url: null },
      ]);
      await world.database.query(
        `with a as (insert into alerts (rule_id, key, state, severity, tracks, reason, began_at, fired_at)
           select $1, 'k' || k, 'firing', 'warning', '{}', 'breach_lasted', $2, $2 from generate_series(1, 10) k returning id, seq),
         t as (insert into alert_transitions (alert_id, seq, at, from_state, to_state, severity, reason)
           select id, seq, $2, 'inactive', 'firing', 'warning', 'breach_lasted' from a returning alert_id, seq)
         insert into alert_outbox (alert_id, seq, at) select alert_id, seq, $2 from t`,
        [`r${i}`, BEGIN],
      );
    }
    const sweepAll = (at: number) =>
      Promise.all(
        Array.from({ length: 4 }, () =>
          sweepIncidents({
            database: world.database,
            outgoing: { enqueue: world.enqueue, publicUrl: '' },
            now: () => BEGIN + at * 1_000,
            onFailure: (error) => world.failures.push(error),
          }),
        ),
      );
    await sweepAll(0);
    await sweepAll(30);
    await sweepAll(30);
    expect(world.failures).toEqual([]);
    expect(await world.incidents()).toHaveLength(20);
    expect(new Set(await world.told())).toHaveLength(1);
    expect(await world.told()).toHaveLength(20);
  });

  it('do not wait for an incident that somebody else has locked', async () => {
    await world.fire('a', { rule: 'one' });
    await world.fire('b', { rule: 'two' });
    const [locked] = await world.incidents();
    await inTransaction(world.database, async (transaction) => {
      await transaction.query('select 1 from incidents where id = $1 for update', [locked?.id]);
      world.time = 30;
      await world.sweep();
    });
    expect(await world.told()).toEqual(['30 chat firing: b']);
    await world.sweep();
    expect(await world.told()).toEqual(['30 chat firing: b', '30 chat firing: a']);
  });
});

describe('an incident', () => {
  it('names the agents, hosts and tasks that it is about', async () => {
    await world.database.query(
      `insert into agents (agent_id, source, host_id, status, labels, first_seen, last_seen)
       values ('a', 1, 'h1', 'busy', '{"team": "search"}', 0, 0)`,
    );
    await world.database.query(
      `insert into tasks (task_id, status, agent_id, created_at, versions, updated_at) values
         ('t1', 'in_progress', 'a', 1, '{}', 1), ('t2', 'completed', 'a', 1, '{}', 1), ('t3', 'in_progress', 'other', 1, '{}', 1)`,
    );
    await world.define('route', 'default', { group_by: ['team'] });
    await world.fire('a');
    const { rows } = await world.database.query('select group_labels from incidents');
    expect(rows).toEqual([{ group_labels: { team: 'search' } }]);
    const { rows: tasks } = await world.database.query('select task_id from incident_tasks');
    expect(tasks).toEqual([{ task_id: 't1' }]);
    const { rows: labels } = await world.database.query('select labels from incident_alerts');
    expect(labels).toMatchObject([
      {
        labels: {
          team: 'search',
          agent: 'a',
          host: 'h1',
          alertname: 'offline',
          kind: 'liveness',
          severity: 'warning',
          set: 'agent',
          key: 'a',
        },
      },
    ]);
  });
});
