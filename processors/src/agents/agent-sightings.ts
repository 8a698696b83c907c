import type { Labels } from '@fleetbeat/contracts/events.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { storableJson, storableText } from '@fleetbeat/infra/database/storable.ts';
import { int8Array, textArray } from '@fleetbeat/infra/time-series/pg-arrays.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { HEARTBEAT, measured, TYPE_INDEX } from '../engine/measured.ts';

export interface Sighting {
  firstSeen: number;
  lastSeen: number;
  name: string | null;
  hostId: string | null;
  /** As its last heartbeat had it; null: none came. */
  status: string | null;
  capabilities: string[] | null;
  labels: Labels | null;
  model: string | null;
  messages: number;
  responses: number;
  errors: number;
  tokens: number;
}

/** What one cut tells about the agents in it, for the registry. Seen means the log's clock. */
export class AgentSightings {
  readonly #sightings = new Map<string, Sighting>();

  entries(): Iterable<[agentId: string, sighting: Readonly<Sighting>]> {
    return this.#sightings;
  }

  /** What is known of an agent; `appendedAt` is when it was first seen in this cut. */
  of(agentId: string, appendedAt: number): Sighting {
    let sighting = this.#sightings.get(agentId);
    if (sighting === undefined) {
      sighting = newSighting(appendedAt);
      this.#sightings.set(agentId, sighting);
    }
    return sighting;
  }

  /** Adds the cut's totals to the registry. Sorted by id, so that two cuts never wait for each other in a circle. */
  async save(transaction: Transaction, source: number): Promise<void> {
    const rows = [...this.#sightings].sort(([a], [b]) => (a < b ? -1 : 1));
    for (let start = 0; start < rows.length; start += SAVED_AT_ONCE) {
      await save(transaction, source, rows.slice(start, start + SAVED_AT_ONCE));
    }
  }
}

/** Agents in one statement, to bound its time. */
const SAVED_AT_ONCE = 5_000;

async function save(transaction: Transaction, source: number, rows: readonly (readonly [string, Sighting])[]): Promise<void> {
  const texts = (pick: (sighting: Sighting, agentId: string) => string | null) =>
    textArray(rows.length, (i) => {
      const [agentId, sighting] = rows[i] as (typeof rows)[number];
      return pick(sighting, agentId);
    });
  const numbers = (pick: (sighting: Sighting) => number) =>
    int8Array(rows.length, (i) => pick((rows[i] as (typeof rows)[number])[1]));
  await transaction.query({
    name: 'save-agent-sightings',
    text: `insert into agents as a (source, agent_id, first_seen, last_seen, name, host_id, status, capabilities, labels, model,
                                    total_messages, total_responses, total_errors, total_tokens, sends_heartbeats)
           select $1, s.agent_id, s.first_seen, s.last_seen, s.name, s.host_id, coalesce(s.status, 'online'),
                  coalesce(array(select jsonb_array_elements_text(s.capabilities::jsonb)), '{}'), coalesce(s.labels::jsonb, '{}'), s.model,
                  s.messages, s.responses, s.errors, s.tokens, s.status is not null
           from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
             as s (agent_id, first_seen, last_seen, name, host_id, status, capabilities, labels, model,
                   messages, responses, errors, tokens)
           on conflict (agent_id) do update set
             source = excluded.source,
             last_seen = greatest(a.last_seen, excluded.last_seen),
             name = coalesce(excluded.name, a.name),
             host_id = coalesce(excluded.host_id, a.host_id),
             status = excluded.status,
             capabilities = case when excluded.capabilities = '{}' then a.capabilities else excluded.capabilities end,
             labels = case when excluded.labels = '{}' then a.labels else excluded.labels end,
             model = coalesce(excluded.model, a.model),
             total_messages = a.total_messages + excluded.total_messages,
             total_responses = a.total_responses + excluded.total_responses,
             total_errors = a.total_errors + excluded.total_errors,
             total_tokens = a.total_tokens + excluded.total_tokens,
             sends_heartbeats = a.sends_heartbeats or excluded.sends_heartbeats,
             archived_at = null`,
    values: [
      source,
      texts((_, agentId) => agentId),
      numbers((s) => s.firstSeen),
      numbers((s) => s.lastSeen),
      texts((s) => storableText(s.name)),
      texts((s) => s.hostId),
      texts((s) => s.status),
      texts((s) => (s.capabilities === null ? null : storableJson(s.capabilities))),
      texts((s) => (s.labels === null ? null : storableJson(s.labels))),
      texts((s) => s.model),
      numbers((s) => s.messages),
      numbers((s) => s.responses),
      numbers((s) => s.errors),
      numbers((s) => s.tokens),
    ],
  });
}

function newSighting(appendedAt: number): Sighting {
  return {
    firstSeen: appendedAt,
    lastSeen: appendedAt,
    name: null,
    hostId: null,
    status: null,
    capabilities: null,
    labels: null,
    model: null,
    messages: 0,
    responses: 0,
    errors: 0,
    tokens: 0,
  };
}

const RESPONSE = TYPE_INDEX.get('agent_response');
const ERROR = TYPE_INDEX.get('error');

/** Adds the event at hand, with its tokens of all classes, to what is known of its agent. */
export function see(sighting: Sighting, { fields, appendedAt }: DecodedEvent, tokens: number): void {
  sighting.lastSeen = appendedAt;
  const { type, hostId, model } = measured;
  if (hostId !== undefined) sighting.hostId = hostId;
  if (fields['labels'] !== undefined) sighting.labels = fields['labels'] as Labels;
  if (type === HEARTBEAT) {
    sighting.status = (fields['status'] as string | undefined) ?? 'online';
    if (typeof fields['name'] === 'string') sighting.name = fields['name'];
    if (Array.isArray(fields['capabilities'])) sighting.capabilities = fields['capabilities'] as string[];
    return;
  }
  sighting.messages++;
  sighting.tokens += tokens;
  if (type === RESPONSE) sighting.responses++;
  else if (type === ERROR) sighting.errors++;
  if (model !== undefined) sighting.model = model;
}
