import { agentMessage, heartbeat, ndjson } from '@fleetbeat/contracts/testing.ts';
import { expect, it } from 'vitest';
import { AgentReduction } from '../agent-reduction.ts';
import { decodeRecord } from '../engine/decode.ts';
import { AgentPresence } from './agent-presence.ts';

const NOW = 1_790_000_000_000;
const OFFLINE_AFTER_MS = 45_000;

/** What is stored as one cut, with nobody looking at it while it is open. */
function store(presence: AgentPresence, ...events: readonly object[]): void {
  const reduction = new AgentReduction(false, undefined, (seen) => presence.see(seen));
  const record = { offset: 0, key: null, value: ndjson(events), appendedAt: NOW, count: events.length, tick: false };
  decodeRecord(record, 'agent-events', {
    event: (event) => reduction.add(event),
    dead: (letter) => expect.fail(letter.reason),
  });
  reduction.stored();
}

it('knows who was in a cut that nobody looked at before it was stored', () => {
  const presence = new AgentPresence(OFFLINE_AFTER_MS);
  store(presence, heartbeat({ agent_id: 'a', ts: NOW, status: 'busy' }), agentMessage({ agent_id: 'b', ts: NOW }));
  expect(presence.takeChanges(NOW)).toMatchObject([
    { agent_id: 'a', status: 'busy', last_seen: NOW },
    { agent_id: 'b', status: 'online' },
  ]);
  expect(presence.takeChanges(NOW)).toEqual([]);
  expect(presence.takeChanges(NOW + OFFLINE_AFTER_MS + 1)).toMatchObject([{ status: 'offline' }, { status: 'offline' }]);
});
