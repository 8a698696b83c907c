import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { AgentReduction } from '../agent-reduction.ts';
import type { Reduction } from '../engine/cut.ts';
import { HostReduction } from '../host-reduction.ts';
import { TaskReduction } from '../task-reduction.ts';

/** What a recompute makes of events: the same rows as the processors. Raw events, agents, hosts and tasks are left alone. */
export const ROLLUPS: Readonly<Record<EventTopic, () => Reduction>> = {
  'agent-events': () => new AgentReduction(false),
  'host-events': () => new HostReduction(),
  'task-events': () => new TaskReduction(() => undefined),
};
