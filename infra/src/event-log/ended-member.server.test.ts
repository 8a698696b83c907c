import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DEFAULT_PARTITIONS } from '@fleetbeat/contracts/events.ts';
import { describe, expect, it, vi } from 'vitest';
import { kafkaBrokers } from '../testing/servers.ts';
import type { MemberOrder } from './test-member.ts';
import { inWorld, kafkaWorld, postgresWorld, recorder, WAIT, type KafkaWorld, type PostgresWorld } from './test-worlds.ts';

const MEMBER = join(import.meta.dirname, 'test-member.ts');
const PARTITIONS = DEFAULT_PARTITIONS['agent-events'];
/** Less than a lease or the patience of a rebalance, which is how long others are waited for. Milliseconds. */
const AT_ONCE_MS = 3_500;

/** Resolves when the process holds every partition. */
async function startMember(order: MemberOrder) {
  const child = spawn(process.execPath, [MEMBER, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the member ended with ${String(code)}`);
    }),
  ]);
  return child;
}

function logOf(world: KafkaWorld | PostgresWorld): MemberOrder['log'] {
  return 'brokers' in world ? { brokers: world.brokers, topicPrefix: world.topicPrefix } : { database: world.url };
}

describe.each([
  ['Kafka', kafkaWorld, kafkaBrokers() !== null],
  ['Postgres', postgresWorld, true],
] as const)('a member of a group on %s whose process was killed', (_, create, available) => {
  const world = inWorld<KafkaWorld | PostgresWorld>(create);

  // A busy machine may be late by more than what is told apart here.
  it.skipIf(!available)('is not waited for by the next one on this machine', { retry: 2 }, async () => {
    const log = await world.log();
    const order = { group: 'killed', partitions: PARTITIONS, log: logOf(world.get()) };
    const member = await startMember(order);
    member.kill('SIGKILL');
    await once(member, 'exit');

    const began = performance.now();
    const reader = recorder();
    await log.consume('killed', ['agent-events'], reader);
    await vi.waitFor(() => expect(reader.held()).toHaveLength(PARTITIONS), WAIT);
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
  });

  it.skipIf(!available)('is told from one that is only silent, which keeps what it holds', async () => {
    const log = await world.log();
    const order = { group: 'silent', partitions: PARTITIONS, log: logOf(world.get()) };
    const member = await startMember(order);
    try {
      member.kill('SIGSTOP');
      const reader = recorder();
      await log.consume('silent', ['agent-events'], reader);
      const began = performance.now();
      await vi.waitFor(() => expect(reader.held().length).toBeGreaterThan(0), WAIT);
      expect(performance.now() - began).toBeGreaterThan(AT_ONCE_MS - 1_000);
    } finally {
      member.kill('SIGKILL');
    }
  });
});
