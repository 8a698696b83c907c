import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HostRollup } from './aggregates/host-rollup.ts';
import type { Cut, Privacy, Reduction } from './engine/cut.ts';
import type { DecodedEvent } from './engine/decode.ts';
import { HostSamples } from './hosts/host-samples.ts';

/** What host samples are reduced to: gauges and the host registry. */
export class HostReduction implements Reduction {
  readonly samples = new HostSamples();
  readonly rollup = new HostRollup();
  readonly privacy: Privacy | undefined;
  readonly #onStored: (samples: HostSamples) => void;

  /** `onStored` is told of the samples: a cut may be stored before anybody has looked at it. */
  constructor(privacy?: Privacy, onStored: (samples: HostSamples) => void = () => undefined) {
    this.privacy = privacy;
    this.#onStored = onStored;
  }

  get partials(): number {
    return this.rollup.size;
  }

  add(event: DecodedEvent): void {
    this.rollup.add(event);
    this.samples.add(event);
  }

  rows(source: number, seq: number): Iterable<PartialRow> {
    return this.rollup.rows(source, seq);
  }

  async save(transaction: Transaction, cut: Cut): Promise<void> {
    await this.privacy?.save(transaction);
    await this.samples.save(transaction, cut.source);
  }

  stored(): void {
    this.#onStored(this.samples);
  }
}
