import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { replayTrace, synthesizeArrivals } from './arrivals.ts';
import { conversations, EVENTS_PER_REPLY, traceReplies } from './conversations.ts';
import { createEventIds } from './event-ids.ts';
import { inOrder, type Bundle } from './event-queue.ts';
import type { Draft, EventBody, Setting } from './draft.ts';
import type { EarlierRun } from './earlier-run.ts';
import { createFleet, type Fleet } from './fleet.ts';
import type { Options } from './options.ts';
import { createPlan, LIVE_INTERVAL_MS, type Plan } from './plan.ts';
import { heartbeats, hostSamples } from './signs-of-life.ts';
import { EVENTS_PER_TASK, leftTasks, taskLives } from './task-lives.ts';
import type { Trace } from './trace.ts';

export interface PlannedEvent {
  /** When to send it, epoch milliseconds. */
  readonly sendAt: number;
  readonly topic: EventTopic;
  /** The agent, host or task id. */
  readonly key: string;
  readonly body: EventBody & { id: string; ts: number };
}

export interface Scenario {
  readonly plan: Plan;
  readonly fleet: Fleet;
  /** Every event in the order of sending. A pure function of options, trace, the plan's start and the run before. */
  events(): Generator<PlannedEvent>;
}

/**
 * Plans everything a run will send. `now` is the time of its start, epoch milliseconds; `earlier` what there is of the same
 * fleet already.
 */
export function createScenario(options: Options, trace: Trace | null, now: number, earlier?: EarlierRun): Scenario {
  const plan = createPlan(options, trace, now, earlier?.heardAt);
  const fleet = createFleet({ ...options, name: options.fleetName ?? plan.run });
  const setting: Setting = { seed: options.seed, fleet, plan };
  const left = leftTasks(setting, earlier?.openTasks ?? []);
  return { plan, fleet, events: () => finish(inOrder([...sourcesOf(setting, options, trace), left]), plan) };
}

function sourcesOf(setting: Setting, options: Options, trace: Trace | null): Iterator<Bundle<Draft>>[] {
  const { plan, seed } = setting;
  if (trace !== null) {
    const arrivals = replayTrace(trace, plan.span);
    if (options.traceOnly) return [traceReplies(setting, arrivals)];
    return [
      conversations(setting, arrivals, { leadMs: 20_000, cached: false }),
      heartbeats(setting, LIVE_INTERVAL_MS),
      hostSamples(setting, LIVE_INTERVAL_MS),
      taskLives(setting, { everyMs: 20_000 }),
    ];
  }
  // Signs of life take at most half of the rate that is asked for, tasks one event in fifty.
  const interval = Math.max(LIVE_INTERVAL_MS, ((options.agents + options.hosts) * 2_000) / options.rate);
  const signs = ((options.agents + options.hosts) * 1_000) / interval;
  const tasks = options.rate / 50 / EVENTS_PER_TASK;
  const replies = (options.rate - signs - tasks * EVENTS_PER_TASK) / EVENTS_PER_REPLY;
  return [
    // What is under way is held in memory, so that talks are shorter under heavy load.
    conversations(setting, synthesizeArrivals(seed, replies, plan.span), {
      leadMs: Math.min(20_000, 20_000_000 / options.rate),
      cached: true,
    }),
    heartbeats(setting, interval),
    hostSamples(setting, interval),
    taskLives(setting, { everyMs: 1_000 / tasks }),
  ];
}

function* finish(drafts: Iterable<Draft>, plan: Plan): Generator<PlannedEvent> {
  const idOf = createEventIds(plan.run);
  let index = 0;
  for (const { at, offset, behaviour, topic, key, body } of drafts) {
    if (offset > plan.span) continue;
    const ts = plan.timeOf(offset, behaviour);
    yield { sendAt: plan.wallTime(at), topic, key, body: Object.assign(body, { id: idOf(ts, index), ts }) };
    index += 1;
  }
}
