import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { EventRollup } from './aggregates/event-rollup.ts';
import type { Cut, Reduction } from './engine/cut.ts';
import type { DecodedEvent } from './engine/decode.ts';
import { EventBlocks } from './raw-events/event-blocks.ts';
import { AgentSightings } from './agents/agent-sightings.ts';

/** What agent events are reduced to: aggregates, raw events, the agent registry. */
export class AgentReduction implements Reduction {
  readonly rollup = new EventRollup();
  readonly sightings = new AgentSightings();
  readonly #blocks: EventBlocks | null;

  /** `keepRaw` false leaves raw events out, for a fleet that keeps them elsewhere. */
  constructor(keepRaw: boolean) {
    this.#blocks = keepRaw ? new EventBlocks() : null;
  }

  get partials(): number {
    return this.rollup.size;
  }

  add(event: DecodedEvent): void {
    this.rollup.add(event);
    this.sightings.add(event);
    this.#blocks?.add(event);
  }

  rows(source: number, seq: number): Iterable<PartialRow> {
    return this.rollup.rows(source, seq);
  }

  async save(transaction: Transaction, cut: Cut): Promise<void> {
    await this.sightings.save(transaction, cut.source);
    await this.#blocks?.save(transaction, cut.source, cut.seq);
  }

  stored(): void {
    // Presence is told from the sightings as they come in, not when they are stored.
  }
}
