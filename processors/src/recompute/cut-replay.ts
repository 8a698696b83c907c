import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { Cut, type Reduction } from '../engine/cut.ts';
import { KnownDuplicates } from '../engine/duplicates.ts';
import type { StoredCut } from './stored-cuts.ts';

/** What will not succeed however often it is tried. */
export class CannotRecompute extends Error {
  override readonly name = 'CannotRecompute';
}

export interface ReplayPlace {
  readonly topic: EventTopic;
  readonly partition: number;
  readonly source: number;
  /** Offsets to read: from the first cut's beginning to the last one's end. */
  readonly firstOffset: number;
  readonly endOffset: number;
}

export interface ReplayEffects {
  /** Makes the empty reduction of a cut. */
  readonly reduce: () => Reduction;
  /** The next cuts of the source from a seq on, in order; none where there are no more. */
  readonly nextCuts: (fromSeq: number) => Promise<readonly StoredCut[]>;
  /** Takes a cut that was read again. */
  readonly take: (cut: Cut) => Promise<void>;
}

/**
 * Reads stored cuts of one source from the log again, each with the same duplicates as when it was made: what is counted
 * stays the same, only what is computed from it may differ. Records between the cuts are passed over.
 */
export class CutReplay {
  readonly place: ReplayPlace;
  readonly #effects: ReplayEffects;
  #cuts: StoredCut[] = [];
  #nextSeq: number;
  #open: Cut | null = null;
  #position: number;
  #done = false;

  constructor(place: ReplayPlace, firstSeq: number, effects: ReplayEffects) {
    this.place = place;
    this.#effects = effects;
    this.#nextSeq = firstSeq;
    this.#position = place.firstOffset;
  }

  /** The offset of the next record to read. */
  get position(): number {
    return this.#position;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Goes back to the beginning of the cut that was being read; answers its offset. */
  restart(): number {
    if (this.#open !== null) this.#position = this.#open.firstOffset;
    this.#open = null;
    return this.#position;
  }

  /** Takes records in order. Rejects with `CannotRecompute` where a cut is not what it was, and as `take` does. */
  async records(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      if (this.#done) return;
      if (record.offset < this.#position) continue;
      const stored = await this.#cutAt(record.offset);
      if (stored !== undefined && record.offset >= stored.firstOffset) {
        this.#open ??= this.#newCut(stored);
        this.#open.add(record);
      }
      this.#position = record.offset + 1;
      if (stored !== undefined && this.#position >= stored.endOffset) await this.#end(stored);
    }
  }

  /** The first cut that does not end before an offset. */
  async #cutAt(offset: number): Promise<StoredCut | undefined> {
    for (;;) {
      const stored = await this.#first();
      if (stored === undefined || offset < stored.endOffset) return stored;
      await this.#end(stored);
    }
  }

  async #first(): Promise<StoredCut | undefined> {
    if (this.#cuts.length === 0 && !this.#done) {
      this.#cuts = [...(await this.#effects.nextCuts(this.#nextSeq))];
      this.#done = this.#cuts.length === 0;
    }
    return this.#cuts[0];
  }

  async #end(stored: StoredCut): Promise<void> {
    const cut = this.#open ?? this.#newCut(stored);
    const difference = differenceOf(stored, cut);
    if (difference !== null) {
      throw new CannotRecompute(
        `cut ${stored.seq} of ${this.place.topic}/${this.place.partition} is not what it was: ${difference}`,
      );
    }
    await this.#effects.take(cut);
    this.#open = null;
    this.#cuts.shift();
    this.#nextSeq = stored.seq + 1;
    await this.#first();
  }

  #newCut({ seq, firstOffset, duplicates }: StoredCut): Cut {
    const { topic, source } = this.place;
    const known = new KnownDuplicates(duplicates ?? new Uint8Array());
    return new Cut({ topic, source, seq, firstOffset }, known, this.#effects.reduce());
  }
}

/** What a cut that was read again has not in common with what is written down of it, in words; null where all of it is the same. */
export function differenceOf(stored: StoredCut, cut: Cut): string | null {
  if (cut.endOffset !== stored.endOffset || cut.expired !== stored.expired) {
    return `the log no longer has all its records from offset ${stored.firstOffset} to ${stored.endOffset}`;
  }
  const found = { read: cut.read, aggregated: cut.aggregated, duplicate: cut.duplicate, dead: cut.deadCount };
  for (const name of ['read', 'aggregated', 'duplicate', 'dead'] as const) {
    if (found[name] !== stored[name]) return `${found[name]} events ${name} instead of ${stored[name]}`;
  }
  const hours = Object.entries(stored.hours);
  const same = hours.length === cut.hours.size && hours.every(([hour, events]) => cut.hours.get(Number(hour)) === events);
  return same ? null : 'its events are of other hours';
}
