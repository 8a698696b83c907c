import { openDatabase } from '../database/open.ts';
import { createKafkaEventLog } from './kafka.ts';
import { createPostgresEventLog } from './postgres.ts';
import { logger, recorder } from './test-worlds.ts';

/** A process that reads agent events as a member of a group until it is killed. It prints its partitions once it has all. */
export interface MemberOrder {
  readonly group: string;
  readonly partitions: number;
  readonly log: { readonly database: string } | { readonly brokers: string[]; readonly topicPrefix: string };
}

const { group, partitions, log: where } = JSON.parse(process.argv[2] ?? '') as MemberOrder;
const log =
  'database' in where
    ? createPostgresEventLog(openDatabase(where.database, logger), logger)
    : createKafkaEventLog(where.brokers, logger, { topicPrefix: where.topicPrefix });
const reader = recorder();
await log.consume(group, ['agent-events'], reader);
const told = setInterval(() => {
  if (reader.held().length < partitions) return;
  console.log(reader.held().join(' '));
  clearInterval(told);
}, 20);
