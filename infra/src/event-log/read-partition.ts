import type { Logger } from '../logger.ts';
import { tellFailures } from '../tell-failures.ts';
import { isUnreachable } from '../unreachable.ts';
import type { LogRecord, Partition, PartitionReader } from './event-log.ts';

export interface Batch {
  readonly records: readonly LogRecord[];
  /** Where the next batch starts. */
  readonly nextOffset: number;
  /** One past the log's newest offset, as last heard. */
  readonly endOffset: number;
}

/** Where the records of one partition come from. */
export interface PartitionSource {
  /**
   * Resolves with records from `offset` on, or with none after about half a second or once `signal`
   * is aborted. Waits out its own failures, logs them and answers with no records.
   */
  next(offset: number, signal: AbortSignal): Promise<Batch>;
}

export interface ReadOptions {
  /** Pause before a partition is assigned again, doubled from failure to failure. Milliseconds. */
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
}

const DEFAULT_OPTIONS: ReadOptions = { firstBackoffMs: 250, longestBackoffMs: 10_000 };

/**
 * Drives one reader over one partition until `signal` is aborted: asks where to start, hands over batch after
 * batch while the next one is being fetched, and asks again after a rejection. Ends with `revoked`; never rejects.
 */
export async function readPartition(
  partition: Partition,
  source: PartitionSource,
  reader: PartitionReader,
  signal: AbortSignal,
  logger: Logger,
  options: ReadOptions = DEFAULT_OPTIONS,
): Promise<void> {
  const reading = tellFailures(logger, 'a partition cannot be read', { ...partition });
  let failures = 0;
  while (!signal.aborted) {
    let ahead: Promise<Batch> | undefined;
    try {
      let offset = await reader.assigned(partition);
      ahead = source.next(offset, signal);
      while (!signal.aborted) {
        const batch = await ahead;
        if (signal.aborted) break;
        offset = batch.nextOffset;
        ahead = source.next(offset, signal);
        await reader.records(partition, batch.records, batch.endOffset);
        if (batch.records.length > 0) failures = 0;
        reading.worked();
      }
    } catch (error) {
      const pauseMs = Math.min(options.longestBackoffMs, options.firstBackoffMs * 2 ** failures);
      failures = Math.min(failures + 1, 20);
      if (isOvertaken(error)) {
        logger.info({ ...partition, reason: error.message, retry_in_ms: pauseMs }, 'a partition is assigned again');
      } else if (isUnreachable(error)) {
        reading.failed(error);
      } else {
        logger.error({ err: error, ...partition, retry_in_ms: pauseMs }, 'reading a partition failed, it is assigned again');
      }
      await pause(pauseMs, signal);
    }
    // A source is asked for one batch at a time.
    await ahead?.catch(() => undefined);
  }
  try {
    await reader.revoked(partition);
  } catch (error) {
    logger.error({ err: error, ...partition }, 'giving up a partition failed');
  }
}

/** Whether a reader says of its rejection that it is no fault: what it had read is void, as another has it, or it is read anew. */
function isOvertaken(error: unknown): error is Error {
  return error instanceof Error && 'overtaken' in error && error.overtaken === true;
}

/** Waits for `ms` milliseconds or until `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
