import { LogUnavailable, type NewRecord } from './event-log.ts';

/** The largest record a log takes, key and value together, in bytes. */
export const MAX_RECORD_BYTES = 15 * 1024 * 1024;

export interface AppendLimits {
  /** Bytes of one group; a single larger record makes a group of its own. */
  readonly groupBytes: number;
  readonly groupRecords: number;
  /** Bytes of one group for one partition. */
  readonly partitionBytes: number;
  /** Bytes that wait or are under way, in all; beyond that appends are refused. */
  readonly queueBytes: number;
  /** At least so long between the starts of two groups, so that a busy log makes few large ones. Milliseconds. */
  readonly spacingMs: number;
  /** When the caller is told that the outcome is unknown. Milliseconds. */
  readonly deadlineMs: number;
}

interface Call {
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  readonly deadline: number;
  /** Records that have been handed to a group. */
  taken: number;
  /** Records that are not yet durable. */
  missing: number;
  settled: boolean;
  resolve(): void;
  reject(error: Error): void;
}

interface Group {
  readonly records: NewRecord[];
  /** The calls that have records in it, and how many. */
  readonly shares: { call: Call; records: number }[];
}

export interface AppendQueue {
  /** Resolves when all records are durable; rejects with `LogUnavailable` where that is not known by the deadline. */
  append(records: readonly NewRecord[]): Promise<void>;
  /** Refuses new appends and resolves when those under way are settled. */
  close(): Promise<void>;
}

/**
 * Joins the appends of concurrent callers into groups that are sent one at a time, in the order of the calls.
 * `send` resolves when a group is durable as a whole; when it rejects, every caller with a record in it hears so.
 */
export function createAppendQueue(send: (records: readonly NewRecord[]) => Promise<void>, limits: AppendLimits): AppendQueue {
  // Calls with records that no group has taken; a call leaves it when its last record is taken.
  const waiting: Call[] = [];
  const unsettled = new Set<Call>();
  let queuedBytes = 0;
  let sending = false;
  let scheduled = false;
  let lastStart = Number.NEGATIVE_INFINITY;
  let closed = false;
  let sweep: NodeJS.Timeout | undefined;
  let drained: (() => void) | undefined;

  function settle(call: Call, error: Error | undefined): void {
    if (call.settled) return;
    call.settled = true;
    unsettled.delete(call);
    queuedBytes -= call.bytes;
    if (error === undefined) call.resolve();
    else call.reject(error);
    if (unsettled.size === 0) {
      clearInterval(sweep);
      sweep = undefined;
      drained?.();
    }
  }

  function rejectOverdue(): void {
    const now = performance.now();
    for (const call of unsettled) {
      // Calls are in order of their deadlines.
      if (call.deadline > now) return;
      settle(call, new LogUnavailable(`the event log did not acknowledge within ${limits.deadlineMs / 1000} s`));
    }
  }

  function takeGroup(): Group {
    const group: Group = { records: [], shares: [] };
    const partitionBytes = new Map<string, number>();
    let bytes = 0;
    for (;;) {
      const call = waiting[0];
      if (call === undefined) return group;
      if (call.settled) {
        // Timed out or failed in part: what it still has waiting is not sent behind the caller's back.
        waiting.shift();
        continue;
      }
      const before = call.taken;
      let full = false;
      for (; call.taken < call.records.length; call.taken++) {
        const record = call.records[call.taken];
        if (record === undefined) break;
        const size = sizeOf(record);
        const partition = `${record.topic}/${record.partition}`;
        const inPartition = partitionBytes.get(partition) ?? 0;
        full =
          group.records.length >= limits.groupRecords ||
          (bytes > 0 && bytes + size > limits.groupBytes) ||
          (inPartition > 0 && inPartition + size > limits.partitionBytes);
        if (full) break;
        partitionBytes.set(partition, inPartition + size);
        bytes += size;
        group.records.push(record);
      }
      if (call.taken > before) group.shares.push({ call, records: call.taken - before });
      if (full) return group;
      waiting.shift();
    }
  }

  async function pump(): Promise<void> {
    sending = true;
    try {
      for (;;) {
        const group = takeGroup();
        if (group.records.length === 0) return;
        lastStart = performance.now();
        try {
          await send(group.records);
          for (const { call, records } of group.shares) {
            call.missing -= records;
            if (call.missing === 0) settle(call, undefined);
          }
        } catch (error) {
          const failure = asUnavailable(error);
          for (const { call } of group.shares) settle(call, failure);
        }
        const rest = lastStart + limits.spacingMs - performance.now();
        if (waiting.length > 0 && rest >= 1) return;
      }
    } finally {
      sending = false;
      schedule();
    }
  }

  function schedule(): void {
    if (sending || scheduled || waiting.length === 0) return;
    scheduled = true;
    const start = () => {
      scheduled = false;
      void pump();
    };
    const rest = lastStart + limits.spacingMs - performance.now();
    // Even without spacing, what the same turn of the event loop still appends goes along.
    if (rest >= 1) setTimeout(start, rest);
    else setImmediate(start);
  }

  return {
    async append(records) {
      if (closed) throw new LogUnavailable('the event log is closed');
      if (records.length === 0) return;
      let bytes = 0;
      for (const record of records) {
        const size = sizeOf(record);
        if (size > MAX_RECORD_BYTES) {
          throw new RangeError(`a record of ${size} bytes is more than the ${MAX_RECORD_BYTES} a record may have`);
        }
        bytes += size;
      }
      if (queuedBytes > 0 && queuedBytes + bytes > limits.queueBytes) {
        throw new LogUnavailable('too much is waiting to be appended');
      }
      queuedBytes += bytes;
      await new Promise<void>((resolve, reject) => {
        const deadline = performance.now() + limits.deadlineMs;
        const call: Call = { records, bytes, deadline, taken: 0, missing: records.length, settled: false, resolve, reject };
        waiting.push(call);
        unsettled.add(call);
        sweep ??= setInterval(rejectOverdue, Math.min(250, limits.deadlineMs));
        schedule();
      });
    },

    async close() {
      closed = true;
      if (unsettled.size === 0) return;
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
  };
}

function sizeOf(record: NewRecord): number {
  // What the log adds to a record is small and bounded; 64 bytes stand for it.
  return record.value.byteLength + (record.key?.length ?? 0) + 64;
}

/** Says `LogUnavailable` where `work` fails for another reason than a mistake of the caller. */
export async function availably<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof RangeError ? error : asUnavailable(error);
  }
}

function asUnavailable(error: unknown): LogUnavailable {
  if (error instanceof LogUnavailable) return error;
  return new LogUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
}
