import type { Heartbeat, HostSample } from '@fleetbeat/contracts/events.ts';
import type { Bundle } from './event-queue.ts';
import type { SimulatedHost } from './fleet.ts';
import { createRandom, type Random } from './random.ts';
import { PAST_INTERVAL_MS } from './plan.ts';
import type { Draft, Setting } from './draft.ts';

/** Hosts start again every 60 days. */
const STARTS_EVERY_S = 60 * 86_400;

/** Every agent's heartbeat each `intervalMs`, spread evenly; three times a minute in a backfilled past. */
export function* heartbeats({ seed, fleet, plan }: Setting, intervalMs: number): Generator<Bundle<Draft>> {
  const random = createRandom(seed, 'heartbeats');
  for (const { offset, index, round } of beats(fleet.agents.length, intervalMs, plan)) {
    const agent = fleet.agents[index];
    if (agent === undefined) continue;
    const body: Heartbeat = {
      agent_id: agent.id,
      message_type: 'heartbeat',
      status: random.chance(0.35) ? 'busy' : 'online',
      host_id: agent.hostId,
    };
    // Who the agent is comes with the first beat and then every tenth.
    if (round % 10 === 0) Object.assign(body, { name: agent.name, capabilities: agent.role.capabilities, labels: agent.labels });
    const draft: Draft = {
      at: plan.sentAt(offset, agent.behaviour),
      offset,
      behaviour: agent.behaviour,
      topic: 'agent-events',
      key: agent.id,
      body,
    };
    yield { from: offset, events: [draft] };
  }
}

/** A sample of every host each `intervalMs`: load wanders, disks fill slowly, uptime grows. */
export function* hostSamples({ seed, fleet, plan }: Setting, intervalMs: number): Generator<Bundle<Draft>> {
  const random = createRandom(seed, 'hosts');
  const states = fleet.hosts.map(() => ({
    cpu: 20 + 40 * random.next(),
    memory: 40 + 30 * random.next(),
    disk: 30 + 40 * random.next(),
  }));
  for (const { offset, index } of beats(fleet.hosts.length, intervalMs, plan)) {
    const host = fleet.hosts[index];
    const state = states[index];
    if (host === undefined || state === undefined) continue;
    state.cpu = wander(random, state.cpu, 45, 6);
    state.memory = wander(random, state.memory, 60, 1.5);
    state.disk = Math.min(97, state.disk + 0.002 * random.next());
    const body = sampleOf(random, host, state, plan.wallTime(offset));
    yield { from: offset, events: [{ at: offset, offset, behaviour: 'regular', topic: 'host-events', key: host.id, body }] };
  }
}

function sampleOf(
  random: Random,
  host: SimulatedHost,
  state: Readonly<{ cpu: number; memory: number; disk: number }>,
  at: number,
): HostSample {
  return {
    host_id: host.id,
    hostname: host.hostname,
    platform: 'linux',
    cores: host.cores,
    labels: { ...host.labels },
    cpu_usage: round(state.cpu, 2),
    memory_usage: round(state.memory, 2),
    disk_usage: round(state.disk, 3),
    uptime: uptimeOf(host, at),
    load_1: round((state.cpu / 100) * host.cores * (0.8 + 0.4 * random.next()), 2),
    net_rx_bytes_per_s: Math.round(2e4 * state.cpu * (0.5 + random.next())),
    net_tx_bytes_per_s: Math.round(1e4 * state.cpu * (0.5 + random.next())),
    memory_used_bytes: Math.round((state.memory / 100) * host.memoryBytes),
    memory_total_bytes: host.memoryBytes,
    disk_used_bytes: Math.round((state.disk / 100) * host.diskBytes),
    disk_total_bytes: host.diskBytes,
  };
}

/** By the clock alone, so that it goes on growing where another run takes up the same host. */
function uptimeOf({ bootedAt }: SimulatedHost, at: number): number {
  return (Math.floor(at / 1_000) + STARTS_EVERY_S - bootedAt) % STARTS_EVERY_S;
}

/** Turns of `count` members: each has its own phase in every interval. */
function* beats(count: number, intervalMs: number, { span, liveFrom }: Setting['plan']) {
  let start = 0;
  for (let round = 0; start <= span; round += 1) {
    const interval = start + PAST_INTERVAL_MS <= liveFrom ? Math.max(intervalMs, PAST_INTERVAL_MS) : intervalMs;
    for (let index = 0; index < count; index += 1) {
      const offset = start + (interval * index) / count;
      if (offset > span) return;
      yield { offset, index, round };
    }
    start += interval;
  }
}

/** One step of a mean-reverting random walk between 1 and 99. */
function wander(random: Random, value: number, mean: number, step: number): number {
  return Math.min(99, Math.max(1, value + 0.05 * (mean - value) + step * random.normal()));
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
