import { agentSchema, listSchema, type Pipeline } from '@fleetbeat/contracts/api.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { taskSchema, type Task } from '@fleetbeat/contracts/tasks.ts';
import { readPipeline, StillBehind } from './catch-up.ts';
import { agentIdOf } from './fleet.ts';
import type { Platform } from './platform.ts';
import { isSimulatedTask, type LeftTask } from './task-lives.ts';

/** What the platform knows of a named fleet from the runs before. */
export interface EarlierRun {
  /** When it was last heard of, in epoch milliseconds of the log's clock. */
  readonly heardAt: number;
  /** What its agents had begun and not ended. */
  readonly openTasks: readonly LeftTask[];
}

const POLL_MS = 250;
const TOPIC: EventTopic = 'agent-events';

/**
 * Reads what there is of the fleet of this name, once the pipeline has read all that agents have sent; undefined where it was
 * never heard of. Throws `StillBehind` at `deadline` (epoch milliseconds).
 */
export async function readEarlierRun(platform: Platform, name: string, deadline: number): Promise<EarlierRun | undefined> {
  for (;;) {
    const pending = pendingOfAgents(await readPipeline(platform));
    if (pending === 0) break;
    if (Date.now() > deadline) throw new StillBehind(`the pipeline is still behind: ${pending} events of agents wait`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const isOurs = (agentId: string | null) => agentId?.startsWith(agentIdOf(name)) === true;
  const query = { q: agentIdOf(name), sort: 'last_seen', limit: 100 } as const;
  const agents = await platform.get('get /agents', { query }, listSchema(agentSchema));
  const newest = agents?.items.find(({ agent_id: id }) => isOurs(id));
  if (newest === undefined) return undefined;
  const open = { status: ['pending', 'in_progress'], sort: 'updated_at', limit: 500 } as const;
  const tasks = await platform.get('get /tasks', { query: open }, listSchema(taskSchema));
  return { heardAt: newest.last_seen, openTasks: (tasks?.items ?? []).flatMap((task) => leftTaskOf(task, isOurs)) };
}

/** Events that no stored cut has; those of partitions that nobody has read are of agents, for all that is known. */
export function pendingOfAgents({ lag_events: all, sources }: Pick<Pipeline, 'lag_events' | 'sources'>): number {
  return sources.reduce((rest, { topic, lag_events: lag }) => (topic === TOPIC ? rest : rest - lag), all);
}

/** Tasks that people have made are theirs to end. */
function leftTaskOf(
  { task_id: id, agent_id: agentId, name, status }: Task,
  isOurs: (agentId: string | null) => boolean,
): LeftTask[] {
  return isSimulatedTask(id) && isOurs(agentId) ? [{ id, name: name ?? id, begun: status === 'in_progress' }] : [];
}
