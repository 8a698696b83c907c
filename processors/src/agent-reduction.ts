import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { EventRollup } from './aggregates/event-rollup.ts';
import type { KeyWindows } from './aggregates/partial-table.ts';
import type { Cut, Privacy, Reduction } from './engine/cut.ts';
import type { DecodedEvent } from './engine/decode.ts';
import { measured } from './engine/measured.ts';
import { append, EventBlocks, type Block } from './raw-events/event-blocks.ts';
import { AgentSightings, see, type Sighting } from './agents/agent-sightings.ts';

/** Where one agent's events of a cut go. */
interface Agent {
  readonly windows: KeyWindows;
  readonly sighting: Sighting;
  readonly block: Block | null;
}

/** What agent events are reduced to: aggregates, raw events, the agent registry. */
export class AgentReduction implements Reduction {
  readonly rollup = new EventRollup();
  readonly sightings = new AgentSightings();
  readonly privacy: Privacy | undefined;
  readonly #blocks: EventBlocks | null;
  readonly #onStored: (sightings: AgentSightings) => void;
  /** One look-up an event instead of one for each of the three. */
  readonly #agents = new Map<string, Agent>();

  /**
   * `keepRaw` false leaves raw events out, for a fleet that keeps them elsewhere. `onStored` is told who was seen: a cut may be
   * stored before anybody has looked at it.
   */
  constructor(keepRaw: boolean, privacy?: Privacy, onStored: (sightings: AgentSightings) => void = () => undefined) {
    this.privacy = privacy;
    this.#onStored = onStored;
    this.#blocks = keepRaw ? new EventBlocks() : null;
  }

  get partials(): number {
    return this.rollup.size;
  }

  add(event: DecodedEvent): void {
    const agent = this.#agents.get(event.key) ?? this.#newAgent(event);
    this.rollup.add(event, agent.windows);
    const { input, output, cacheRead, cacheWrite, reasoning, other } = measured;
    see(agent.sighting, event, input + output + cacheRead + cacheWrite + reasoning + other);
    if (agent.block !== null) append(agent.block, event);
  }

  #newAgent({ key, appendedAt }: DecodedEvent): Agent {
    const agent = {
      windows: this.rollup.agents.of(key),
      sighting: this.sightings.of(key, appendedAt),
      block: this.#blocks?.of(key) ?? null,
    };
    this.#agents.set(key, agent);
    return agent;
  }

  rows(source: number, seq: number): Iterable<PartialRow> {
    return this.rollup.rows(source, seq);
  }

  async save(transaction: Transaction, cut: Cut): Promise<void> {
    await this.privacy?.save(transaction);
    await this.sightings.save(transaction, cut.source);
    await this.#blocks?.save(transaction, cut.source, cut.seq);
  }

  stored(): void {
    this.#onStored(this.sightings);
  }
}
