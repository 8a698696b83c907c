import type { Incident } from '@fleetbeat/contracts/incidents.ts';
import { expect, test } from 'vitest';
import { aboutText, inOrder, withNews } from './incident-order.ts';

const incident = (id: number, more: Partial<Incident> = {}): Incident => ({
  id,
  revision: 1,
  status: 'open',
  severity: 'warning',
  title: 't',
  route_id: 'default',
  group_labels: {},
  opened_at: id,
  updated_at: id,
  acknowledged_at: null,
  acknowledged_by: null,
  assigned_to: null,
  snoozed_until: null,
  resolved_at: null,
  resolved_by: null,
  reopened: 0,
  alerts_firing: 1,
  alerts_total: 1,
  agents: [],
  hosts: [],
  tasks: [],
  held_back: null,
  ...more,
});

test('what nobody has comes first, the worst of it before, then what is in hands, then what ended last', () => {
  const incidents = [
    incident(1, { status: 'resolved', severity: 'error', resolved_at: 9 }),
    incident(2, { status: 'resolved', resolved_at: 90 }),
    incident(3, { status: 'acknowledged', severity: 'error' }),
    incident(4, { severity: 'info' }),
    incident(5),
    incident(6),
    incident(7, { severity: 'error' }),
  ];
  expect(inOrder(incidents).map(({ id }) => id)).toEqual([7, 6, 5, 4, 3, 2, 1]);
});

test('news replace what is older, and nothing that is newer', () => {
  const news = new Map([
    [1, incident(1, { revision: 2, status: 'acknowledged' })],
    [2, incident(2, { revision: 2, status: 'acknowledged' })],
    [3, incident(3)],
  ]);
  const shown = withNews([incident(1), incident(2, { revision: 3 }), incident(1)], news);
  expect(shown.map(({ id, status }) => [id, status])).toEqual([
    [1, 'acknowledged'],
    [2, 'open'],
  ]);
});

test.each<[Partial<Incident>, string]>([
  [{ agents: ['a'], hosts: ['h'] }, 'a · h'],
  [{ agents: ['a', 'b'], hosts: ['h'], tasks: ['t'] }, '2 agents · h · 1 task at risk'],
  [{}, ''],
])('%j reads as "%s"', (about, text) => expect(aboutText(incident(1, about))).toBe(text));
