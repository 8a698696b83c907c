import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { TaskRollup } from './aggregates/task-rollup.ts';
import type { Privacy, Reduction } from './engine/cut.ts';
import type { DecodedEvent } from './engine/decode.ts';
import { TaskChanges } from './tasks/task-changes.ts';

/** What task events are reduced to: counts per workflow and the state of each task. */
export class TaskReduction implements Reduction {
  readonly rollup = new TaskRollup();
  readonly privacy: Privacy | undefined;
  readonly #changes = new TaskChanges();
  readonly #announce: (changes: readonly LiveRecord[]) => void;

  /** `announce` is told of the tasks that changed once the change is stored. */
  constructor(announce: (changes: readonly LiveRecord[]) => void, privacy?: Privacy) {
    this.#announce = announce;
    this.privacy = privacy;
  }

  get partials(): number {
    return this.rollup.size;
  }

  add(event: DecodedEvent): void {
    this.rollup.add(event);
    this.#changes.add(event);
  }

  rows(source: number, seq: number): Iterable<PartialRow> {
    return this.rollup.rows(source, seq);
  }

  async save(transaction: Transaction): Promise<void> {
    await this.privacy?.save(transaction);
    await this.#changes.save(transaction);
  }

  stored(): void {
    this.#announce(this.#changes.changes);
  }
}
