import type { Kafka } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { hasEnded } from '../process-name.ts';
import { connectCoordinator } from './kafkajs.ts';
import { pause } from './read-partition.ts';

const POLL_MS = 100;

/**
 * Takes those members out of a group whose processes have ended on this machine without leaving, so that nobody waits for
 * them until their session is over. Waits until somebody else is in the group: one that falls empty makes the
 * next to join wait for more of them (the broker's group.initial.rebalance.delay.ms, 3 s).
 *
 * Resolves when there is none left or `signal` is aborted; rejects where the broker does not answer.
 */
export async function removeEndedMembers(kafka: Kafka, group: string, signal: AbortSignal, logger: Logger): Promise<void> {
  const coordinator = await connectCoordinator(kafka, group);
  try {
    while (!signal.aborted) {
      const members = await coordinator.members();
      const ended: string[] = [];
      for (const { memberId, clientId } of members) {
        if (await hasEnded(clientId)) ended.push(memberId);
      }
      if (ended.length === 0) return;
      if (ended.length < members.length) {
        for (const memberId of ended) {
          await coordinator.remove(memberId);
          logger.info({ group, member: memberId }, 'took a member out of the group whose process has ended');
        }
        return;
      }
      await pause(POLL_MS, signal);
    }
  } finally {
    await coordinator.close();
  }
}
