import type { AgentStatus } from '@fleetbeat/contracts/api.ts';
import type { AgentStatusUpdate } from '@fleetbeat/contracts/live.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { AgentSightings } from './agent-sightings.ts';

interface Presence {
  lastSeen: number;
  /** As the agent last said. */
  reported: AgentStatus;
  hostId: string | null;
  announced: AgentStatus;
}

/** An agent silent for this long is forgotten here; the registry still has it. */
const FORGET_AFTER_MS = 24 * 3_600_000;

/**
 * Who of a source's agents is online, busy or offline, by the log's clock: if the log stands still, so does
 * silence.
 */
export class AgentPresence {
  readonly #agents = new Map<string, Presence>();
  readonly #offlineAfterMs: number;

  constructor(offlineAfterMs: number) {
    this.#offlineAfterMs = offlineAfterMs;
  }

  /** Takes over what the registry knows of a source; announces nothing. */
  async load(database: Database, source: number): Promise<void> {
    interface Row {
      agent_id: string;
      last_seen: number;
      status: AgentStatus;
      host_id: string | null;
      clock: number;
    }
    const { rows } = await database.query<Row>(
      `select agent_id, last_seen, status, host_id, clock_ms as clock from agents join sources on sources.id = agents.source
       where source = $1 and last_seen > clock_ms - $2`,
      [source, FORGET_AFTER_MS],
    );
    for (const row of rows) {
      const presence = { lastSeen: row.last_seen, reported: row.status, hostId: row.host_id };
      this.#agents.set(row.agent_id, { ...presence, announced: this.#statusAt(presence, row.clock) });
    }
  }

  /** Takes in the sightings of a cut, as often as wanted; those of later cuts after those of earlier ones. */
  see(sightings: AgentSightings): void {
    for (const [agentId, sighting] of sightings.entries()) {
      const known = this.#agents.get(agentId);
      const reported: AgentStatus =
        sighting.status === 'busy' ? 'busy' : sighting.status === null && known ? known.reported : 'online';
      if (known === undefined) {
        this.#agents.set(agentId, { lastSeen: sighting.lastSeen, reported, hostId: sighting.hostId, announced: 'offline' });
        continue;
      }
      known.lastSeen = Math.max(known.lastSeen, sighting.lastSeen);
      known.reported = reported;
      known.hostId = sighting.hostId ?? known.hostId;
    }
  }

  /** Answers whose status has changed by `clock`, the log's time in epoch ms, since the last call. */
  takeChanges(clock: number): AgentStatusUpdate[] {
    const changes: AgentStatusUpdate[] = [];
    for (const [agentId, presence] of this.#agents) {
      const status = this.#statusAt(presence, clock);
      if (status !== presence.announced) {
        presence.announced = status;
        changes.push({ agent_id: agentId, status, last_seen: presence.lastSeen, host_id: presence.hostId });
      } else if (status === 'offline' && clock - presence.lastSeen > FORGET_AFTER_MS) {
        this.#agents.delete(agentId);
      }
    }
    return changes;
  }

  #statusAt(presence: { lastSeen: number; reported: AgentStatus }, clock: number): AgentStatus {
    return clock - presence.lastSeen > this.#offlineAfterMs ? 'offline' : presence.reported;
  }
}
