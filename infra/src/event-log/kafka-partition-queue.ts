import type { EachBatchPayload } from 'kafkajs';
import { acceptedRequestId } from '../request-id.ts';
import type { LogRecord } from './event-log.ts';
import { COUNT_HEADER, REQUEST_HEADER, TICK_HEADER } from './kafka-produce.ts';
import type { Batch, PartitionSource } from './read-partition.ts';

/** How long a reader waits at the end of the log before it is answered with no records. Milliseconds. */
const IDLE_MS = 500;
/** Bytes fetched ahead of the reader, beyond which the partition is paused. */
const PAUSE_BYTES = 8 * 1024 * 1024;

/** What the queue asks of the consumer that fills it. All of it is repeated after a rejoin from the queue's state. */
export interface FetchControl {
  seek(offset: number): void;
  pause(): void;
  resume(): void;
  /** The oldest offset the broker still has and one past the newest. */
  bounds(): Promise<{ start: number; end: number }>;
}

/**
 * Records of one partition between the consumer that fetches and the reader that takes. What is fetched counts
 * only if it follows what was fetched before, because kafkajs may deliver a batch from before a seek or
 * rebalance, and silently goes elsewhere when an offset is out of range.
 */
export class KafkaPartitionQueue implements PartitionSource {
  readonly #control: FetchControl;
  readonly #batches: Batch[] = [];
  #bytes = 0;
  /** Where the reader is; undefined before it has said. */
  #head: number | undefined;
  /** What must be fetched next. */
  #fetchOffset = 0;
  #endOffset = 0;
  #paused = true;
  #locating = false;
  #wake: (() => void) | undefined;

  constructor(control: FetchControl) {
    this.#control = control;
  }

  /** Puts the consumer, which has just been given this partition (again), where the queue needs it. */
  rejoin(): void {
    if (this.#head !== undefined) this.#control.seek(this.#fetchOffset);
    if (this.#paused || this.#head === undefined) this.#control.pause();
    else this.#control.resume();
  }

  async next(offset: number, signal: AbortSignal): Promise<Batch> {
    if (offset !== this.#head) await this.#start(offset);
    if (this.#batches.length === 0 && !signal.aborted) await this.#filled(signal);
    const batch = this.#batches.shift();
    if (batch === undefined) return { records: [], nextOffset: offset, endOffset: this.#endOffset };
    this.#head = batch.nextOffset;
    this.#bytes -= bytesOf(batch.records);
    if (this.#paused && this.#bytes < PAUSE_BYTES / 2) {
      this.#paused = false;
      this.#control.resume();
    }
    return { ...batch, endOffset: this.#endOffset };
  }

  /** Takes what the consumer fetched. */
  offer({ batch, resolveOffset }: Pick<EachBatchPayload, 'batch' | 'resolveOffset'>): void {
    if (this.#head === undefined) return;
    const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
    if (Number(fetchedOffset) > this.#fetchOffset) {
      void this.#locate();
      return;
    }
    this.#endOffset = Math.max(this.#endOffset, Number(batch.highWatermark));
    const records: LogRecord[] = [];
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      if (offset >= this.#fetchOffset) records.push(toRecord(offset, message));
    }
    resolveOffset(batch.lastOffset());
    this.#push(records, Number(batch.lastOffset()) + 1);
    if (!this.#paused && this.#bytes > PAUSE_BYTES) {
      this.#paused = true;
      this.#control.pause();
    }
  }

  /** Offsets that hold nothing for a reader: marks and aborted records of somebody's transaction. */
  skip(firstOffset: number, lastOffset: number): void {
    if (this.#head !== undefined && firstOffset <= this.#fetchOffset) this.#push([], lastOffset + 1);
  }

  #push(records: readonly LogRecord[], nextOffset: number): void {
    if (nextOffset <= this.#fetchOffset) return;
    this.#fetchOffset = nextOffset;
    this.#batches.push({ records, nextOffset, endOffset: this.#endOffset });
    this.#bytes += bytesOf(records);
    this.#wake?.();
  }

  async #start(offset: number): Promise<void> {
    this.#batches.length = 0;
    this.#bytes = 0;
    this.#head = offset;
    this.#fetchOffset = offset;
    this.#paused = true;
    this.#control.pause();
    await this.#locate();
    this.#paused = false;
    this.#control.resume();
  }

  /** Seeks to what must be fetched next, or to the oldest that is left where that is gone. */
  async #locate(): Promise<void> {
    if (this.#locating) return;
    this.#locating = true;
    try {
      const { start, end } = await this.#control.bounds();
      this.#endOffset = end;
      this.#fetchOffset = Math.max(this.#fetchOffset, start);
    } catch {
      // The broker is away; the consumer finds out by itself and comes back here.
    } finally {
      this.#locating = false;
      this.#control.seek(this.#fetchOffset);
    }
  }

  async #filled(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, IDLE_MS);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}

function toRecord(offset: number, { timestamp, key, value, headers }: EachBatchPayload['batch']['messages'][number]): LogRecord {
  const count = headers?.[COUNT_HEADER];
  const request = headers?.[REQUEST_HEADER];
  return {
    offset,
    appendedAt: Number(timestamp),
    key: key === null ? null : key.toString('utf8'),
    value: value ?? Buffer.alloc(0),
    count: count === undefined ? null : toCount(String(count)),
    tick: headers?.[TICK_HEADER] !== undefined,
    // Anyone may write headers.
    requestId: request === undefined ? undefined : acceptedRequestId(String(request)),
  };
}

function toCount(text: string): number | null {
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}

function bytesOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const record of records) bytes += record.value.length + 100;
  return bytes;
}
