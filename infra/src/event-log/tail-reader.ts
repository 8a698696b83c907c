import type { Logger } from '../logger.ts';
import type { LogRecord, PartitionReader } from './event-log.ts';

/** A reader that starts each partition at the offset given and passes records on. What throws is logged and not repeated. */
export function tailReader(
  starts: ReadonlyMap<number, number>,
  onRecords: (records: readonly LogRecord[]) => void,
  logger: Logger,
): PartitionReader {
  const next = new Map(starts);
  return {
    assigned: ({ partition }) => Promise.resolve(next.get(partition) ?? 0),
    records: ({ partition, topic }, records) => {
      const newest = records.at(-1);
      if (newest !== undefined) {
        next.set(partition, newest.offset + 1);
        try {
          onRecords(records);
        } catch (error) {
          logger.error({ err: error, topic, partition }, 'a tail failed to take records');
        }
      }
      return Promise.resolve();
    },
    revoked: () => Promise.resolve(),
  };
}
