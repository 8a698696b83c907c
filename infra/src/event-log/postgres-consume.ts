import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Topic } from '@fleetbeat/contracts/events.ts';
import { inTransaction, type Database, type Transaction } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { tellFailures } from '../tell-failures.ts';
import { hasEnded, processName } from '../process-name.ts';
import type { Partition, PartitionReader, Subscription } from './event-log.ts';
import type { LogDirectory } from './postgres-directory.ts';
import type { LogPoller } from './postgres-poll.ts';
import { pause, readPartition } from './read-partition.ts';
import { sharePartitions, type Moves } from './share-partitions.ts';

/** How long a member that is not heard of keeps its partitions. Milliseconds. */
const LEASE_MS = 5_000;
const RENEWAL_MS = 1_000;

interface Holding {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Reads topics as a member of a group; partitions are shared out by leases in the database. */
export async function consumeByLease(
  database: Database,
  directory: LogDirectory,
  poller: LogPoller,
  group: string,
  topics: readonly Topic[],
  reader: PartitionReader,
  logger: Logger,
): Promise<Subscription> {
  const member = `${hostname()}-${await processName()}-${randomUUID()}`;
  const partitions = new Map<number, Partition>();
  const logsByTopic = new Map<string, readonly number[]>();
  for (const topic of topics) {
    const logs = await directory.logs(topic);
    logsByTopic.set(topic, logs);
    logs.forEach((log, partition) => partitions.set(log, { topic, partition }));
  }

  const held = new Map<number, Holding>();
  const stopping = new AbortController();

  function start(log: number): void {
    const partition = partitions.get(log);
    if (partition === undefined || held.has(log)) return;
    const stop = new AbortController();
    const done = readPartition(partition, poller.source(log), reader, stop.signal, logger);
    held.set(log, { stop, done });
    logger.info({ group, ...partition }, 'partition taken');
  }

  async function giveUp(log: number): Promise<void> {
    const holding = held.get(log);
    if (holding === undefined || holding.stop.signal.aborted) return;
    holding.stop.abort();
    await holding.done;
    // The lease is renewed up to here, so that nobody starts before this member has finished.
    try {
      await database.query('delete from log_leases where group_name = $1 and log = $2 and owner = $3', [group, log, member]);
    } catch (error) {
      logger.warn({ err: error, group }, 'a lease was not given back');
    }
    held.delete(log);
    logger.info({ group, ...partitions.get(log) }, 'partition given up');
  }

  async function renew(): Promise<void> {
    const { moves, owned } = await inTransaction(database, (transaction) =>
      renewLeases(transaction, { group, member, topics, logsByTopic, held: new Set(held.keys()) }),
    );
    for (const log of held.keys()) {
      // Somebody took it while this process was away for longer than its lease.
      if (!owned.has(log)) void giveUp(log);
    }
    for (const log of moves.giveUp) void giveUp(log);
    for (const log of [...owned, ...moves.take]) start(log);
  }

  async function keepRenewing(): Promise<void> {
    const { failed, worked } = tellFailures(logger, 'leases cannot be renewed, trying again', { group });
    while (!stopping.signal.aborted) {
      await renew().then(worked, failed);
      await pause(RENEWAL_MS, stopping.signal);
    }
  }

  const renewing = keepRenewing();

  async function stop(): Promise<void> {
    stopping.abort();
    await renewing;
    await Promise.all(
      [...held.values()].map((holding) => {
        holding.stop.abort();
        return holding.done;
      }),
    );
    held.clear();
    try {
      await database.query('delete from log_leases where group_name = $1 and owner = $2', [group, member]);
      await database.query('delete from log_members where group_name = $1 and member = $2', [group, member]);
    } catch (error) {
      logger.warn({ err: error, group }, 'leaving the group failed, its leases run out by themselves');
    }
  }

  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };
}

interface Membership {
  readonly group: string;
  readonly member: string;
  readonly topics: readonly Topic[];
  readonly logsByTopic: ReadonlyMap<string, readonly number[]>;
  /** What is being read here at the moment. */
  readonly held: ReadonlySet<number>;
}

/** One sign of life: prolongs what is held and decides, under the group's lock, what moves. */
async function renewLeases(
  transaction: Transaction,
  { group, member, topics, logsByTopic, held }: Membership,
): Promise<{ moves: Moves; owned: Set<number> }> {
  await transaction.query(`select pg_advisory_xact_lock(1819242341, hashtext($1))`, [group]);
  const lease = `${LEASE_MS} milliseconds`;
  await transaction.query(
    `insert into log_members (group_name, member, topics, expires_at)
     values ($1, $2, $3, clock_timestamp() + $4::interval)
     on conflict (group_name, member) do update set topics = excluded.topics, expires_at = excluded.expires_at`,
    [group, member, topics, lease],
  );
  await transaction.query('delete from log_members where group_name = $1 and expires_at < clock_timestamp()', [group]);
  await removeEnded(transaction, group);
  const members = await transaction.query<{ member: string; topics: string[] }>(
    'select member, topics from log_members where group_name = $1',
    [group],
  );
  const leases = await transaction.query<{ log: number; owner: string }>(
    `select log, owner from log_leases where group_name = $1 and (owner = $2 or expires_at > clock_timestamp())`,
    [group, member],
  );
  const owners = new Map(leases.rows.map((row) => [row.log, row.owner]));
  const owned = new Set(leases.rows.filter((row) => row.owner === member).map((row) => row.log));
  const moves = sharePartitions({ me: member, members: members.rows, partitions: logsByTopic, owners });
  // What is still being given up counts as held until the reader has finished with it.
  const take = moves.take.filter((log) => !held.has(log));
  await transaction.query(
    `insert into log_leases (group_name, log, owner, expires_at)
     select $1, log, $2, clock_timestamp() + $3::interval from unnest($4::smallint[]) log
     on conflict (group_name, log) do update set owner = excluded.owner, expires_at = excluded.expires_at`,
    [group, member, lease, [...owned, ...take]],
  );
  return { moves: { take, giveUp: moves.giveUp }, owned };
}

/** Nobody waits for the leases of a process that is known to have ended. */
async function removeEnded(transaction: Transaction, group: string): Promise<void> {
  const { rows } = await transaction.query<{ member: string }>('select member from log_members where group_name = $1', [group]);
  const ended: string[] = [];
  for (const { member } of rows) {
    if (await hasEnded(member)) ended.push(member);
  }
  if (ended.length === 0) return;
  await transaction.query('delete from log_leases where group_name = $1 and owner = any($2)', [group, ended]);
  await transaction.query('delete from log_members where group_name = $1 and member = any($2)', [group, ended]);
}
