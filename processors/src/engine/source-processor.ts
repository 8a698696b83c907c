import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { CutTaken, type CutStore, type UnstoredCut } from './cut-store.ts';
import { Cut, type Reduction } from './cut.ts';
import { SeenIds } from './seen-ids.ts';

/** How long a cut stays open, in milliseconds of the processor's own clock. */
export interface CutTimes {
  /**
   * At most; it ends where the clock comes to a multiple of this. Of an agent that goes on, a cut of 10 s so has one window of 10 s and
   * little of a second one, and each window is a row.
   */
  readonly longest: number;
  /** How long after such a multiple it ends, in milliseconds: where others wait for it, what is under way then had better be in it. */
  readonly late?: (() => number) | undefined;
  /** After its latest event. */
  readonly idle: number;
  /** After its first record, where ticks are all there is. */
  readonly ticksOnly: number;
}

export interface SourceEffects {
  readonly cuts: CutStore;
  /** Makes the empty reduction of a new cut. */
  readonly reduce: () => Reduction;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly times: CutTimes;
  /** How many events back a duplicate is recognised. */
  readonly horizon: number;
  /** The same claimed range gave other counts when it was read again: something is broken, and somebody should know. */
  readonly onReplayDiffers: (unstored: UnstoredCut, cut: Cut) => void;
}

/**
 * One source: reads its records in order, builds cuts of them and has them stored.
 *
 * One cut may be on its way to the store while the next one grows; no more, so that at most one claimed
 * cut is ever unstored. After an error it is `lost`: everything in memory is void, and the source must be
 * opened again from its cuts.
 */
export class SourceProcessor {
  readonly topic: EventTopic;
  readonly partition: number;
  readonly source: number;
  readonly #effects: SourceEffects;
  readonly #seen: SeenIds;
  #replay: UnstoredCut | null;
  #cut: Cut;
  #storing: { cut: Cut; done: Promise<void> } | null = null;
  #failure: Error | null = null;
  /** When the open cut took its first record and its first and latest event; 0 for not yet. */
  #firstRecordAt = 0;
  #firstEventAt = 0;
  #lastEventAt = 0;
  /** The log's clock as far as it has been read. */
  #clock = 0;
  #position: number;

  private constructor(
    place: { topic: EventTopic; partition: number; source: number; seq: number; offset: number },
    seen: SeenIds,
    replay: UnstoredCut | null,
    effects: SourceEffects,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.source = place.source;
    this.#effects = effects;
    this.#seen = seen;
    this.#replay = replay;
    this.#position = place.offset;
    this.#cut = new Cut({ ...place, firstOffset: place.offset }, seen, effects.reduce());
  }

  /** Opens a source where its cuts say; offset 0 where there are none. */
  static async open(topic: EventTopic, partition: number, effects: SourceEffects): Promise<SourceProcessor> {
    const state = await effects.cuts.read(topic, partition);
    const seen = new SeenIds(effects.horizon);
    for (const bytes of state.hashes) {
      for (let at = 0; at + 8 <= bytes.length; at += 8) seen.add(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
    }
    const place = { topic, partition, source: state.source, seq: state.nextSeq, offset: state.nextOffset ?? 0 };
    return new SourceProcessor(place, seen, state.unstored, effects);
  }

  /** The offset of the next record to read. */
  get position(): number {
    return this.#position;
  }

  get clock(): number {
    return this.#clock;
  }

  /** Cuts that are not known to be stored, oldest first: at most the one on its way and the open one. */
  get openCuts(): Cut[] {
    if (this.#replay !== null) return [];
    return this.#storing === null ? [this.#cut] : [this.#storing.cut, this.#cut];
  }

  /** True where another processor has made a cut since: what is in memory here is void. */
  async isOvertaken(): Promise<boolean> {
    await this.#settled();
    const last = (await this.#effects.cuts.lastSeqs([this.source])).get(this.source) ?? -1;
    return last !== this.#cut.seq - (this.#replay === null ? 1 : 0);
  }

  /**
   * Says which cut of this source is the newest that anybody has made. Where it is not one of ours the source is lost now, not
   * only when its own cut is refused: until then everything it shows would be taken for out of date.
   */
  noticeCut(newest: number): void {
    if (newest < this.#cut.seq + (this.#replay === null ? 0 : 1)) return;
    this.#fail(new CutTaken(`cut ${newest} of source ${this.source} was made by another processor`));
  }

  /** Takes records in order; those below the position are skipped. Rejects when the source is lost. */
  async records(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      this.#throwIfLost();
      if (record.offset < this.#position) continue;
      if (this.#replay !== null && record.offset >= this.#replay.endOffset) await this.#endReplay(this.#replay);
      this.#cut.add(record);
      this.#position = record.offset + 1;
      this.#clock = Math.max(this.#clock, record.appendedAt);
      this.#keepTime(record);
      if (this.#replay === null) {
        if (this.#cut.isFull()) await this.endCut();
      } else if (this.#position >= this.#replay.endOffset) {
        await this.#endReplay(this.#replay);
      }
    }
    this.#throwIfLost();
    if (this.#replay === null && this.#isDue()) await this.endCut();
  }

  /** Ends the open cut, if there is anything in it, and starts the next; resolves when storing has begun. */
  async endCut(): Promise<void> {
    if (this.#replay !== null || this.#cut.endOffset === this.#cut.firstOffset) return;
    await this.#settled();
    const cut = this.#cut;
    this.#next(cut.seq + 1);
    const done = this.#effects.cuts.store(cut).then(
      () => {
        this.#storing = null;
        cut.reduction.stored();
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
    this.#storing = { cut, done };
  }

  /** Ends the open cut and waits until it is stored. */
  async flush(): Promise<void> {
    await this.endCut();
    await this.#settled();
  }

  async #settled(): Promise<void> {
    await this.#storing?.done;
    this.#throwIfLost();
  }

  async #endReplay(unstored: UnstoredCut): Promise<void> {
    const cut = this.#cut;
    if (cut.read !== unstored.read || cut.endOffset !== unstored.endOffset) this.#effects.onReplayDiffers(unstored, cut);
    try {
      await this.#effects.cuts.storeAgain(cut);
    } catch (error) {
      this.#fail(error);
      this.#throwIfLost();
    }
    this.#replay = null;
    this.#position = unstored.endOffset;
    this.#next(unstored.seq + 1);
  }

  #next(seq: number): void {
    const { topic, source } = this;
    this.#cut = new Cut({ topic, source, seq, firstOffset: this.#position }, this.#seen, this.#effects.reduce());
    this.#firstRecordAt = 0;
    this.#firstEventAt = 0;
    this.#lastEventAt = 0;
  }

  #keepTime(record: LogRecord): void {
    const now = this.#effects.now();
    this.#firstRecordAt ||= now;
    if (record.tick) return;
    this.#firstEventAt ||= now;
    this.#lastEventAt = now;
  }

  #isDue(): boolean {
    const now = this.#effects.now();
    const { longest, late, idle, ticksOnly } = this.#effects.times;
    if (this.#firstEventAt === 0) return this.#firstRecordAt !== 0 && now - this.#firstRecordAt >= ticksOnly;
    const periodOf = (at: number): number => Math.floor((at - (late?.() ?? 0)) / longest);
    return periodOf(now) !== periodOf(this.#firstEventAt) || now - this.#lastEventAt >= idle;
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
  }

  #throwIfLost(): void {
    if (this.#failure !== null) throw new SourceLost(this.topic, this.partition, this.#failure);
  }
}

/** A source's state in memory is void; it must be opened again from its cuts. */
export class SourceLost extends Error {
  override readonly name = 'SourceLost';
  /** Another processor holds the source now: no fault. */
  readonly overtaken: boolean;

  constructor(topic: EventTopic, partition: number, cause: Error) {
    super(`${topic}/${partition}: ${cause.message}`, { cause });
    this.overtaken = cause instanceof CutTaken;
  }
}
