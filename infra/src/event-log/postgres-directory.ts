import type { Topic } from '@fleetbeat/contracts/events.ts';
import type { Database } from '../database/database.ts';
import type { Partition } from './event-log.ts';

/** Which number stands for which partition in the log's tables. Partitions are never removed, so what was read stays true. */
export interface LogDirectory {
  /** The logs of a topic by partition number. Rejects where there is no such topic. */
  logs(topic: Topic): Promise<readonly number[]>;
  /** The log of a partition. Rejects where there is none. */
  log(partition: Partition): Promise<number>;
  /** As `log`, without waiting, where the topic has been read before. */
  knownLog(partition: Partition): number | undefined;
}

export function createLogDirectory(database: Database): LogDirectory {
  const logsByTopic = new Map<Topic, readonly number[]>();

  async function logs(topic: Topic): Promise<readonly number[]> {
    const known = logsByTopic.get(topic);
    if (known !== undefined) return known;
    const { rows } = await database.query<{ id: number }>('select id from log_partitions where topic = $1 order by partition', [
      topic,
    ]);
    if (rows.length === 0) throw new Error(`the event log has no topic ${topic}`);
    const ids = rows.map((row) => row.id);
    logsByTopic.set(topic, ids);
    return ids;
  }

  return {
    logs,
    async log({ topic, partition }) {
      const log = (await logs(topic))[partition];
      if (log === undefined) throw new RangeError(`the topic ${topic} has no partition ${partition}`);
      return log;
    },
    knownLog: ({ topic, partition }) => logsByTopic.get(topic)?.[partition],
  };
}
