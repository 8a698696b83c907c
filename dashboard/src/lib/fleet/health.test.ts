import { expect, test } from 'vitest';
import { fleetHealth, type FleetFacts } from './health.ts';

const well: FleetFacts = {
  agents: { online: 20, busy: 4, offline: 0 },
  hosts: { online: 6, offline: 0 },
  messages: 1_000,
  errors: 10,
  incidents: [],
  lastSilenceAt: null,
  now: 1_000_000,
  within: 'in the last 15 minutes',
};

test.each<[string, Partial<FleetFacts>, string, string]>([
  ['nothing wrong', {}, 'ok', 'All 24 agents are well'],
  ['one agent alone', { agents: { online: 1, busy: 0, offline: 0 } }, 'ok', 'The agent is well'],
  ['messages before any agent is known', { agents: { online: 0, busy: 0, offline: 0 } }, 'ok', 'The first events are coming in'],
  ['no messages', { messages: 0, errors: 0 }, 'ok', 'The fleet is quiet: no messages in the last 15 minutes'],
  ['some errors', { errors: 80 }, 'warning', '8% of messages are errors'],
  ['many errors', { errors: 300 }, 'error', '30% of messages are errors'],
  [
    'one silent agent',
    { agents: { online: 23, busy: 0, offline: 1 }, lastSilenceAt: 880_000 },
    'warning',
    '1 agent stopped answering, the last 2 min ago',
  ],
  ['a third silent', { agents: { online: 8, busy: 0, offline: 4 } }, 'error', '4 agents stopped answering'],
  [
    'all silent',
    { agents: { online: 0, busy: 0, offline: 3 }, lastSilenceAt: 940_000 },
    'error',
    'All 3 agents stopped answering, the last 1 min ago',
  ],
  ['an incident about something else', { incidents: ['info', 'warning'] }, 'warning', '1 incident is not resolved'],
  ['bad incidents', { incidents: ['warning', 'error'] }, 'error', '2 incidents are not resolved'],
  ['an incident that is only info', { incidents: ['info'] }, 'ok', 'All 24 agents are well'],
  ['a silent host', { hosts: { online: 5, offline: 1 } }, 'error', '1 host stopped reporting'],
])('%s', (_, facts, health, sentence) => expect(fleetHealth({ ...well, ...facts })).toMatchObject({ health, sentence }));

test('the detail backs the sentence up', () => {
  expect(fleetHealth(well).detail).toBe('24 of 24 agents answering · 4 busy · 6 hosts up · 1% errors in the last 15 minutes');
});
