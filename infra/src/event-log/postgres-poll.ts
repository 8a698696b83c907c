import { limited } from '../limited.ts';
import type { Logger } from '../logger.ts';
import { tellFailures } from '../tell-failures.ts';
import type { Segments } from './postgres-segments.ts';
import { pause, type Batch, type PartitionSource } from './read-partition.ts';

/** How long a reader waits at the end of the log before it is answered with no records. Milliseconds. */
const IDLE_MS = 500;
const SHORTEST_POLL_MS = 20;
const LONGEST_POLL_MS = 100;
/** Pause while the database is away; readers get their empty batches meanwhile. */
const OUTAGE_PAUSE_MS = 1_000;
/** Reads under way at once, so that readers leave connections to everybody else. */
const PARALLEL_READS = 2;

export interface LogPoller {
  source(log: number): PartitionSource;
}

interface Waiter {
  readonly log: number;
  readonly offset: number;
  readonly deadline: number;
  resolve(): void;
}

/** One polling loop for all readers of a process: one small query asks for the ends of every log that is waited for. */
export function createLogPoller(segments: Segments, logger: Logger): LogPoller {
  const waiters = new Set<Waiter>();
  const ends = new Map<number, number>();
  let polling = false;
  let pollMs = SHORTEST_POLL_MS;
  const inTurn = limited(PARALLEL_READS);
  const reading = tellFailures(logger, 'the event log cannot be read, trying again');

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.size > 0) {
      let found = false;
      try {
        for (const [log, end] of await segments.ends([...new Set([...waiters].map((waiter) => waiter.log))])) ends.set(log, end);
        reading.worked();
      } catch (error) {
        reading.failed(error);
      }
      const now = performance.now();
      for (const waiter of waiters) {
        const ready = (ends.get(waiter.log) ?? 0) > waiter.offset;
        if (!ready && !reading.failing && waiter.deadline > now) continue;
        found ||= ready;
        waiter.resolve();
      }
      pollMs = found ? SHORTEST_POLL_MS : Math.min(LONGEST_POLL_MS, pollMs * 1.5);
      // Also lets readers that have just been answered ask again before the loop ends.
      await new Promise((resolve) => setTimeout(resolve, reading.failing ? OUTAGE_PAUSE_MS : pollMs));
    }
    polling = false;
  }

  async function endBeyond(log: number, offset: number, signal: AbortSignal): Promise<number> {
    const known = ends.get(log) ?? 0;
    if (known > offset || signal.aborted) return known;
    await new Promise<void>((resolve) => {
      const done = () => {
        waiters.delete(waiter);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const waiter: Waiter = { log, offset, deadline: performance.now() + IDLE_MS, resolve: done };
      waiters.add(waiter);
      signal.addEventListener('abort', done);
      if (!polling) void poll();
    });
    return ends.get(log) ?? 0;
  }

  async function next(log: number, offset: number, signal: AbortSignal): Promise<Batch> {
    const end = await endBeyond(log, offset, signal);
    const nothing: Batch = { records: [], nextOffset: offset, endOffset: ends.get(log) ?? offset };
    if (end <= offset || signal.aborted) return nothing;
    try {
      const records = await inTurn(() => segments.read(log, offset));
      const newest = records.at(-1);
      if (newest === undefined) {
        // What the segments known here should hold has been dropped meanwhile.
        await segments.refresh();
        await pause(SHORTEST_POLL_MS, signal);
        return nothing;
      }
      reading.worked();
      ends.set(log, Math.max(ends.get(log) ?? 0, newest.offset + 1));
      return { records, nextOffset: newest.offset + 1, endOffset: ends.get(log) ?? newest.offset + 1 };
    } catch (error) {
      reading.failed(error);
      await pause(OUTAGE_PAUSE_MS, signal);
      return nothing;
    }
  }

  return { source: (log) => ({ next: (offset, signal) => next(log, offset, signal) }) };
}
