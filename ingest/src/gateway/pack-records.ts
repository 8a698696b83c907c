import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { HAS_LINE_BREAK } from './event-ranges.ts';
import type { AcceptedEvent } from './judge-event.ts';

/** A record is not filled beyond this, so that it stays below what brokers take as one message (1 MB). */
export const MAX_RECORD_BYTES = 512 * 1024;

/** Which partition of a topic an agent, host or task belongs to. */
export type Partitioner = (topic: EventTopic, key: string) => number;

/** The events of one partition, still where they came in. */
interface Group {
  readonly topic: EventTopic;
  readonly partition: number;
  /** The key all events share, null once they do not. */
  key: string | null;
  bytes: number;
  count: number;
  /** Start, end, flags of each event. */
  readonly ranges: number[];
  /** What each event lacks, by its place in the group; sparse, since most lack nothing. */
  readonly missing: Map<number, string>;
}

/** Collects accepted events of one body and packs them into NDJSON records, one per partition unless it grows too large. */
export class RecordPacker {
  readonly #groups: Group[] = [];
  /** The group that takes more events, by topic and partition. */
  readonly #open = new Map<EventTopic, (Group | undefined)[]>();
  readonly #body: Buffer;
  readonly #partitionOf: Partitioner;
  readonly #requestId: string | undefined;

  constructor(body: Buffer, partitionOf: Partitioner, requestId?: string) {
    this.#body = body;
    this.#partitionOf = partitionOf;
    this.#requestId = requestId;
  }

  add(event: AcceptedEvent, start: number, end: number, flags: number): void {
    const partition = this.#partitionOf(event.topic, event.key);
    let open = this.#open.get(event.topic);
    if (open === undefined) this.#open.set(event.topic, (open = []));
    let group = open[partition];
    if (group === undefined || group.bytes + (end - start) > MAX_RECORD_BYTES) {
      group = { topic: event.topic, partition, key: event.key, bytes: -1, count: 0, ranges: [], missing: new Map() };
      open[partition] = group;
      this.#groups.push(group);
    }
    if (group.key !== event.key) group.key = null;
    if (event.missing !== '') {
      group.missing.set(group.count, event.missing);
      group.bytes += Buffer.byteLength(event.missing) + 1;
    }
    group.ranges.push(start, end, flags);
    group.bytes += end - start + 1;
    group.count++;
  }

  /** In the order in which each record's first event came. Their bytes may be those of the body itself. */
  records(): NewRecord[] {
    return this.#groups.map((group) => ({
      topic: group.topic,
      partition: group.partition,
      key: group.key,
      count: group.count,
      value: join(this.#body, group),
      requestId: this.#requestId,
    }));
  }
}

function join(body: Buffer, group: Group): Buffer {
  const { ranges, missing, count } = group;
  const whole = body.subarray(ranges[0], ranges[1]);
  if (count === 1 && missing.size === 0 && ranges[2] === 0) return whole;

  const value = Buffer.allocUnsafe(group.bytes);
  let at = 0;
  for (let event = 0; event < count; event++) {
    // The three numbers of each event were pushed together.
    let start = ranges[event * 3] as number;
    const end = ranges[event * 3 + 1] as number;
    if (event > 0) value[at++] = 0x0a;
    const members = missing.size === 0 ? undefined : missing.get(event);
    if (members !== undefined) {
      value[at++] = 0x7b;
      at += value.write(members, at);
      value[at++] = 0x2c;
      start++;
    }
    const from = at;
    at += body.copy(value, at, start, end);
    if (((ranges[event * 3 + 2] as number) & HAS_LINE_BREAK) !== 0) flattenLines(value, from, at);
  }
  return value;
}

/** JSON allows line breaks only between tokens, where a space means the same. */
function flattenLines(value: Buffer, from: number, end: number): void {
  for (let at = from; at < end; at++) {
    if (value[at] === 0x0a || value[at] === 0x0d) value[at] = 0x20;
  }
}
