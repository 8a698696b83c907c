import { HOST_GAUGES, type HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import type { AgentMessage, EventTopic, Heartbeat, HostSample, TaskEvent, TaskStatus } from '@fleetbeat/contracts/events.ts';
import { addEvent, emptyTally, type EventTally } from './event-tally.ts';
import type { PlannedEvent } from './scenario.ts';

/** Length of the windows in which host gauges are compared, in milliseconds. */
export const GAUGE_WINDOW_MS = 60_000;

/** One gauge of one host over one window, in thousandths of its unit, each sample rounded. */
export interface GaugeTally {
  samples: number;
  total: number;
  min: number;
  max: number;
  last: number;
  lastAt: number;
}

export interface TaskTally {
  status: TaskStatus;
  ts: number;
  seq: number;
}

/** What was acknowledged, and only that: the truth that `--verify` holds the platform's answers against. */
export interface Ledger {
  /** Counts an acknowledged event, once. */
  record(event: PlannedEvent): void;
  readonly topics: ReadonlyMap<EventTopic, number>;
  /** First and last event time, epoch milliseconds; Infinity and -Infinity of nothing. */
  readonly from: number;
  readonly to: number;
  readonly total: EventTally;
  readonly agents: ReadonlyMap<string, EventTally>;
  readonly models: ReadonlyMap<string, EventTally>;
  /** By host, gauge and start of window. */
  readonly hosts: ReadonlyMap<string, ReadonlyMap<HostGauge, ReadonlyMap<number, GaugeTally>>>;
  readonly tasks: ReadonlyMap<string, TaskTally>;
}

export function createLedger(): Ledger {
  const total = emptyTally();
  const agents = new Map<string, EventTally>();
  const models = new Map<string, EventTally>();
  const hosts = new Map<string, Map<HostGauge, Map<number, GaugeTally>>>();
  const tasks = new Map<string, TaskTally>();
  const topics = new Map<EventTopic, number>();
  let from = Infinity;
  let to = -Infinity;

  const recordMessage = (event: AgentMessage | Heartbeat): void => {
    addEvent(total, event);
    addEvent(getOrAdd(agents, event.agent_id, emptyTally), event);
    const model = event['model_used'];
    if (typeof model === 'string') addEvent(getOrAdd(models, model, emptyTally), event);
  };
  const recordSample = (event: HostSample, ts: number): void => {
    const gauges = getOrAdd(hosts, event.host_id, () => new Map<HostGauge, Map<number, GaugeTally>>());
    for (const gauge of HOST_GAUGES) {
      const value = event[gauge];
      if (value === undefined) continue;
      const thousandths = Math.round(value * 1_000);
      const window = Math.floor(ts / GAUGE_WINDOW_MS) * GAUGE_WINDOW_MS;
      const windows = getOrAdd(gauges, gauge, () => new Map<number, GaugeTally>());
      const tally = getOrAdd(windows, window, () => ({
        samples: 0,
        total: 0,
        min: Infinity,
        max: -Infinity,
        last: 0,
        lastAt: -1,
      }));
      tally.samples += 1;
      tally.total += thousandths;
      tally.min = Math.min(tally.min, thousandths);
      tally.max = Math.max(tally.max, thousandths);
      if (ts > tally.lastAt) {
        tally.last = thousandths;
        tally.lastAt = ts;
      }
    }
  };
  const recordStep = ({ task_id: id, status, seq = 0 }: TaskEvent, ts: number): void => {
    const known = tasks.get(id);
    if (known === undefined || ts > known.ts || (ts === known.ts && seq > known.seq)) tasks.set(id, { status, ts, seq });
  };

  return {
    record({ topic, body }) {
      topics.set(topic, (topics.get(topic) ?? 0) + 1);
      from = Math.min(from, body.ts);
      to = Math.max(to, body.ts);
      switch (topic) {
        case 'agent-events':
          return recordMessage(body as AgentMessage | Heartbeat);
        case 'host-events':
          return recordSample(body as unknown as HostSample, body.ts);
        case 'task-events':
          return recordStep(body as unknown as TaskEvent, body.ts);
      }
    },
    topics,
    get from() {
      return from;
    },
    get to() {
      return to;
    },
    total,
    agents,
    models,
    hosts,
    tasks,
  };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
