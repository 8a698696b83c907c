import type { AgentMessage, EventTopic, Heartbeat, HostSample, TaskEvent } from '@fleetbeat/contracts/events.ts';
import type { Timed } from './event-queue.ts';
import type { Behaviour, Fleet } from './fleet.ts';
import type { Plan } from './plan.ts';

export type EventBody = AgentMessage | Heartbeat | HostSample | TaskEvent;

/** An event that is not dated and named yet: its place in the scenario's own time. */
export interface Draft extends Timed {
  /** When it happens, in milliseconds from the start of the scenario. */
  readonly offset: number;
  readonly behaviour: Behaviour;
  readonly topic: EventTopic;
  readonly key: string;
  readonly body: EventBody;
}

/** What every source of events is built from. */
export interface Setting {
  readonly seed: number;
  readonly fleet: Fleet;
  readonly plan: Plan;
}
