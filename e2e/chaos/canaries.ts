import type { IngestAnswer, Pipeline } from '@fleetbeat/contracts/api.ts';
import { DEFAULT_PARTITIONS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import type { RunningSystem } from '../start-system.ts';
import { waitUntil } from './wait-until.ts';

const REQUEST_TIMEOUT_MS = 15_000;

/** Events of the run's own: one for every partition at a time, to see that each of them moves. */
export interface Canaries {
  /** Sends one event to every partition, as often as it takes; resolves when they are acknowledged. */
  send(timeoutMs: number): Promise<void>;
  /** Resolves when everything that is in the log now is in stored cuts. */
  untilStored(timeoutMs: number): Promise<void>;
  /** What was acknowledged: events in all, and those of agents (each a response with one input token). */
  readonly sent: { events: number; responses: number };
  /** The agents that sent them; each has sent `rounds` events. */
  readonly agents: readonly string[];
  readonly rounds: number;
}

export function createCanaries(system: RunningSystem): Canaries {
  const agents = keysOf('agent-events', 'canary-agent');
  const hosts = keysOf('host-events', 'canary-host');
  const tasks = keysOf('task-events', 'canary-task');
  const sent = { events: 0, responses: 0 };
  let rounds = 0;

  const bodyOfRound = (round: number): object[] => [
    ...agents.map((id) =>
      agentMessage({ agent_id: id, id: `${id}-${round}`, input_tokens: 1, output_tokens: 0, ts: Date.now() }),
    ),
    ...hosts.map((id) => ({ host_id: id, id: `${id}-${round}`, cpu_usage: 1, memory_usage: 1, disk_usage: 1, uptime: round })),
    ...tasks.map((id) => ({ task_id: id, id: `${id}-${round}`, status: 'in_progress', seq: round })),
  ];

  async function send(timeoutMs: number): Promise<void> {
    const events = bodyOfRound(rounds);
    const body = JSON.stringify(events);
    await waitUntil(
      'the gateway takes events',
      async () => {
        const answer = await fetch(`${system.ingest}/v1/events`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
          body,
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        });
        const text = await answer.text();
        if (answer.status !== 200 && answer.status !== 202) throw new Error(`HTTP ${answer.status}: ${text.slice(0, 300)}`);
        const { accepted } = JSON.parse(text) as IngestAnswer;
        if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} canaries accepted: ${text}`);
        return true;
      },
      timeoutMs,
    );
    rounds += 1;
    sent.events += events.length;
    sent.responses += agents.length;
  }

  return {
    agents,
    sent,
    get rounds() {
      return rounds;
    },
    send,
    async untilStored(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      const left = (): number => deadline - performance.now();
      const { sources } = await waitUntil('the API tells how far the log is', () => system.get<Pipeline>('/pipeline'), left());
      const goals = new Map(sources.map(({ source, end_offset: end }) => [source, end]));
      // Control records alone are cut once a minute; events behind them take them along.
      await send(left());
      await waitUntil(
        'everything is stored',
        async () => {
          const now = await system.get<Pipeline>('/pipeline');
          const behind = now.sources.filter(({ source, stored_offset: stored }) => stored < (goals.get(source) ?? 0));
          if (behind.length === 0) return true;
          throw new Error(
            behind
              .map((each) => `${each.topic}/${each.partition} at ${each.stored_offset} of ${goals.get(each.source)}`)
              .join(', '),
          );
        },
        left(),
      );
    },
  };
}

/** A key for every partition of a topic. */
function keysOf(topic: EventTopic, prefix: string): string[] {
  const partitions = DEFAULT_PARTITIONS[topic];
  const keys = new Map<number, string>();
  for (let index = 0; keys.size < partitions; index += 1) {
    const key = `${prefix}-${index}`;
    const partition = partitionOf(key, partitions);
    if (!keys.has(partition)) keys.set(partition, key);
  }
  return [...keys.values()];
}
