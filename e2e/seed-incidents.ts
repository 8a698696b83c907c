import { setTimeout as sleep } from 'node:timers/promises';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Incident } from '@fleetbeat/contracts/incidents.ts';
import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import type { Person } from '@fleetbeat/contracts/users.ts';
import type * as z from 'zod';
import type { escalationSchema, scheduleSchema } from '@fleetbeat/contracts/on-call.ts';
import type { routeSchema, silenceSchema } from '@fleetbeat/contracts/routing.ts';
import { postTo } from './post-to.ts';
import { sendEvents } from './send-events.ts';
import type { RunningSystem } from './start-system.ts';

/** Password of everybody who is made here. */
export const PASSWORD = 'correct horse battery';
const DAY = 86_400_000;
/** Agents of which nothing was known, until the next cut of their source. */
const FIRES_WITHIN_MS = 60_000;

type Seeded = Pick<RunningSystem, 'api' | 'ingest' | 'key' | 'get'>;

/** An account that can sign in with `PASSWORD`; its id. */
export async function addPerson(
  system: Pick<RunningSystem, 'api' | 'key' | 'get'>,
  name: string,
  role: 'viewer' | 'operator' | 'admin',
): Promise<string> {
  const email = `${name.split(' ')[0]?.toLowerCase() ?? name}@example.org`;
  const { url } = await postTo<{ url: string }>(system, '/invitations', { email, name, role });
  await postTo(system, '/auth/password', { token: new URL(url).hash.slice(1), password: PASSWORD });
  const { items } = await system.get<List<Person>>(`/people?q=${encodeURIComponent(email)}`);
  return items[0]?.id ?? '';
}

/** People on call, whom an incident calls in steps, and incidents in every state. */
export async function seedIncidents(system: Seeded): Promise<void> {
  const add = async (path: string, body: unknown) => (await postTo<{ id: string }>(system, path, body)).id;
  const ann = await addPerson(system, 'Ann Moreau', 'operator');
  const bea = await addPerson(system, 'Bea Okafor', 'operator');
  const carl = await addPerson(system, 'Carl Lindqvist', 'admin');

  const day = (ms: number) => new Date(Date.now() + ms).toISOString().slice(0, 10);
  const schedules: z.input<typeof scheduleSchema>[] = [
    {
      name: 'Primary',
      time_zone: 'Europe/Berlin',
      layers: [
        { name: 'Weeks', users: [ann, bea, carl], starts_on: day(-30 * DAY), turn: { unit: 'weeks', count: 1 } },
        {
          name: 'Nights',
          users: [carl, ann],
          starts_on: day(-30 * DAY),
          turn: { unit: 'days', count: 1 },
          times: [{ from: '22:00', to: '06:00' }],
        },
      ],
    },
    {
      name: 'Office hours',
      time_zone: 'America/New_York',
      layers: [
        {
          name: 'Days',
          users: [bea, ann],
          starts_on: day(-10 * DAY),
          turn: { unit: 'days', count: 1 },
          times: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }],
        },
      ],
    },
  ];
  const [primary = '', office = ''] = [await add('/schedules', schedules[0]), await add('/schedules', schedules[1])];
  await postTo(system, `/schedules/${primary}/overrides`, {
    user_id: bea,
    from: Date.now() + DAY,
    to: Date.now() + DAY + 10 * 3_600_000,
  });
  const chat = await add('/channels', {
    type: 'webhook',
    name: 'Search chat',
    config: { url: 'https://hooks.example.org/search' },
    enabled: true,
  });
  await add('/channels', { type: 'webhook', name: 'Ann’s phone', owner: ann, config: { url: 'https://hooks.example.org/ann' } });
  const escalation: z.input<typeof escalationSchema> = {
    name: 'Wake somebody',
    steps: [
      { after_s: 0, targets: [{ type: 'channel', id: chat }] },
      {
        after_s: 900,
        targets: [
          { type: 'schedule', id: primary },
          { type: 'schedule', id: office },
        ],
      },
      { after_s: 1_800, targets: [{ type: 'user', id: carl }] },
    ],
    repeat: { times: 2, after_s: 1_800 },
  };
  const wake = await add('/escalations', escalation);
  const routes: z.input<typeof routeSchema>[] = [
    {
      name: 'What must not wait',
      matchers: [{ label: 'severity', value: 'error' }],
      channels: [chat],
      escalation_id: wake,
      group_by: ['alertname'],
      group_wait_s: 0,
    },
    {
      name: 'Search',
      position: 50,
      matchers: [{ label: 'team', op: '=~', value: 'search|ads' }],
      channels: [chat],
      continue: true,
      quiet_hours: { time_zone: 'Europe/Berlin', intervals: [{ from: '22:00', to: '07:00' }] },
    },
  ];
  for (const route of routes) await postTo(system, '/routes', route);

  const rules: RuleInput[] = ['Answers are wrong', 'The index is gone', 'Prompts are refused'].map((name, i) => ({
    kind: 'threshold',
    name,
    watch: { set: 'agent', keys: [0, 1, 2].slice(0, 3 - i).map((n) => `${name.split(' ')[0]?.toLowerCase()}-${n}`) },
    measure: 'error_rate',
    window: '1h',
    error: { threshold: 0.5 },
    annotations: { summary: '{{value}} of the answers of {{key}} are errors' },
    runbook_url: 'https://wiki.example.org/runbooks/errors',
  }));
  for (const rule of rules) await postTo(system, '/rules', rule);
  const agents = rules.flatMap(({ watch }) => watch.keys ?? []);
  await sendEvents(
    system,
    agents.flatMap((agent_id) => Array.from({ length: 5 }, () => ({ agent_id, message_type: 'error', content: 'no' }))),
  );

  const silence: z.input<typeof silenceSchema> = {
    comment: 'Re-indexing until the evening',
    matchers: [{ label: 'alertname', value: 'Prompts are refused' }],
    ends_at: Date.now() + 6 * 3_600_000,
  };
  await postTo(system, '/silences', silence);
  await postTo(system, '/silences', {
    comment: 'Backups of the search hosts',
    matchers: [{ label: 'host', op: '=~', value: 'search-.*' }],
    times: { time_zone: 'Europe/Berlin', intervals: [{ weekdays: ['sun'], from: '02:00', to: '04:00' }] },
  });

  const deadline = Date.now() + FIRES_WITHIN_MS;
  let found: Incident[] = [];
  while (found.length < rules.length && Date.now() < deadline) {
    await sleep(500);
    found = (await system.get<List<Incident>>('/incidents?severity=error')).items;
  }
  const inHands = found.find(({ title }) => title.startsWith('Answers are wrong'));
  if (inHands === undefined) throw new Error('no incident came of the errors');
  await postTo(system, `/incidents/${inHands.id}/acknowledge`, undefined);
  await postTo(system, `/incidents/${inHands.id}/assign`, { user_id: ann });
}
