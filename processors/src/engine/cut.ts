import { TIERS, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { decodeRecord, type DeadLetter, type DecodedEvent } from './decode.ts';
import type { Identities } from './duplicates.ts';

/** What of one cut's events and dead letters is not kept. What they count as is decided before anybody asks. */
export interface Privacy {
  /** False: all is kept as it came, and nothing need be asked. */
  readonly isActive: boolean;
  /** What is kept of an event. */
  event(topic: EventTopic, event: DecodedEvent): DecodedEvent;
  letter(topic: EventTopic, letter: DeadLetter): DeadLetter;
  /** Within the transaction that claims the cut. Rejects where the cut must be made anew. */
  save(transaction: Transaction): Promise<void>;
}

/** What a topic's events are reduced to over one cut. */
export interface Reduction {
  readonly privacy?: Privacy | undefined;
  add(event: DecodedEvent): void;
  /** How many partials are held, at the 10 s tier. */
  readonly partials: number;
  /** What goes into the time-series store. */
  rows(source: number, seq: number): Iterable<PartialRow>;
  /** Writes what goes into Postgres, within the transaction that claims the cut. */
  save(transaction: Transaction, cut: Cut): Promise<void>;
  /** Called once the cut is stored for good. */
  stored(): void;
}

/** When a cut has grown enough. Bytes are those of the raw events held. */
export const CUT_LIMITS = { records: 2 ** 17, partials: 50_000, bytes: 64 * 2 ** 20 } as const;

/** Slack before an event counts as late: its 10 s window had ended this long before it reached the log. */
const LATE_AFTER_MS = TIERS['10s'];

/**
 * A run of a source's records and all that follows from them.
 *
 * Everything here is a function of the records and of the identities seen before, so that whoever builds
 * the cut of the same range, however often, builds the same.
 */
export class Cut {
  readonly topic: EventTopic;
  readonly source: number;
  readonly seq: number;
  readonly firstOffset: number;
  /** One past the last record. */
  endOffset: number;
  /** Offsets just before the first record that the log no longer had. */
  expired = 0;
  records = 0;
  read = 0;
  aggregated = 0;
  duplicate = 0;
  late = 0;
  bytes = 0;
  firstAppendMs = 0;
  lastAppendMs = 0;
  readonly deadLetters: DeadLetter[] = [];
  /** Which of the valid events, counted from 0, were duplicates. */
  readonly duplicates: number[] = [];
  readonly reduction: Reduction;
  readonly #seen: Identities;
  #hashes = new Int32Array(256);
  readonly #hours = new Map<number, number>();
  /** The hour of the last event, and how many events it has; in `#hours` they are once another hour comes. */
  #hour = Number.NaN;
  #eventsOfHour = 0;

  constructor(
    place: { topic: EventTopic; source: number; seq: number; firstOffset: number },
    seen: Identities,
    reduction: Reduction,
  ) {
    this.topic = place.topic;
    this.source = place.source;
    this.seq = place.seq;
    this.firstOffset = place.firstOffset;
    this.endOffset = place.firstOffset;
    this.#seen = seen;
    this.reduction = reduction;
  }

  get deadCount(): number {
    return this.deadLetters.length;
  }

  /** Aggregated events by the hour of their own time (epoch ms). */
  get hours(): ReadonlyMap<number, number> {
    this.#keepHour();
    return this.#hours;
  }

  /** Identities of the aggregated events in their order, 8 bytes each: high word, low word, little-endian. */
  get hashes(): Uint8Array {
    return new Uint8Array(this.#hashes.buffer, 0, this.aggregated * 8);
  }

  isFull(): boolean {
    return this.records >= CUT_LIMITS.records || this.bytes >= CUT_LIMITS.bytes || this.reduction.partials >= CUT_LIMITS.partials;
  }

  /** Takes the next record in. Its offset must not lie below `endOffset`; a gap counts as expired. */
  add(record: LogRecord): void {
    if (record.offset > this.endOffset) this.expired += record.offset - this.endOffset;
    this.endOffset = record.offset + 1;
    this.firstAppendMs ||= record.appendedAt;
    this.lastAppendMs = record.appendedAt;
    if (record.tick) return;
    this.records++;
    decodeRecord(record, this.topic, this);
  }

  event(event: DecodedEvent): void {
    this.read++;
    const { identityHi: hi, identityLo: lo } = event;
    if (!this.#seen.add(hi, lo)) {
      this.duplicates.push(this.aggregated + this.duplicate);
      this.duplicate++;
      return;
    }
    this.#remember(hi, lo);
    this.aggregated++;
    this.bytes += event.end - event.start;
    const windowEnd = windowStart(event.ts, TIERS['10s']) + TIERS['10s'];
    if (windowEnd + LATE_AFTER_MS <= event.appendedAt) this.late++;
    this.#countHour(windowStart(event.ts, TIERS['1h']));
    const { privacy } = this.reduction;
    this.reduction.add(privacy?.isActive === true ? privacy.event(this.topic, event) : event);
  }

  dead(letter: DeadLetter): void {
    this.read++;
    this.bytes += letter.payload.length;
    const { privacy } = this.reduction;
    this.deadLetters.push(privacy?.isActive === true ? privacy.letter(this.topic, letter) : letter);
  }

  #countHour(hour: number): void {
    if (hour !== this.#hour) {
      this.#keepHour();
      this.#hour = hour;
      this.#eventsOfHour = this.#hours.get(hour) ?? 0;
    }
    this.#eventsOfHour++;
  }

  #keepHour(): void {
    if (this.#eventsOfHour > 0) this.#hours.set(this.#hour, this.#eventsOfHour);
  }

  #remember(hi: number, lo: number): void {
    const at = this.aggregated * 2;
    if (at + 2 > this.#hashes.length) {
      const larger = new Int32Array(this.#hashes.length * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[at] = hi;
    this.#hashes[at + 1] = lo;
  }
}
