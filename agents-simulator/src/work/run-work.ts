import { setTimeout as sleep } from 'node:timers/promises';
import { agentSchema, listSchema } from '@fleetbeat/contracts/api.ts';
import { taskSchema } from '@fleetbeat/contracts/tasks.ts';
import { createHttpSender } from '../http-sender.ts';
import type { Options } from '../options.ts';
import { pages } from '../pages.ts';
import type { Platform } from '../platform.ts';
import { count } from '../progress-line.ts';
import { createRandom } from '../random.ts';
import { differenceTable } from '../report.ts';
import type { PlannedEvent } from '../scenario.ts';
import { runAgent, type WorkCounts } from './agent.ts';
import { createCall, type CallCounts } from './calls.ts';
import { checkWork } from './check-work.ts';
import { makeTasks } from './make-tasks.ts';
import { planWork, type PlannedWork } from './plan.ts';
import { readWork } from './read-work.ts';
import { createWorkLedger, type WorkLedger } from './work-ledger.ts';

/** How often the end is looked for, in milliseconds, and how many tasks are asked for then. */
const LOOK_EVERY_MS = 1_000;
const LOOK_AT = 200;
const SHOW_EVERY = 5;

/**
 * Makes tasks over the API, has a fleet work them off whose agents are killed and whose answers get lost, and holds what
 * came of it against what was planned and told. Stops by itself after the options' time. Answers the exit code.
 */
export async function runWork(platform: Platform, options: Options, work: NonNullable<Options['work']>): Promise<number> {
  const startedAt = Date.now();
  const run = `work-${startedAt.toString(36)}`;
  const plan = planWork(run, options.seed, work.tasks);
  const ledger = createWorkLedger();
  const calls: CallCounts = { requests: 0, lost: 0, cut: 0, doubled: 0, busy: 0 };
  const counts: WorkCounts = { claims: 0, completed: 0, failed: 0, killed: 0, refused: 0 };
  const over = new AbortController();
  const call = createCall(options.api, platform.key, calls, over.signal);
  console.error(
    `run ${run}: ${options.agents} agents, ${work.tasks} tasks, --seed ${options.seed}, leases of ${work.leaseSeconds} s`,
  );

  const agents = Array.from({ length: options.agents }, (_, index) => `${run}-agent-${index + 1}`);
  await Promise.all([
    introduce(platform, options, run, agents),
    makeTasks(plan, call, createRandom(options.seed, 'making'), ledger),
  ]);
  const madeAt = Date.now();
  console.error(`made in ${seconds(madeAt - startedAt)}`);

  const hopeless = new Set(plan.single.filter(({ end }) => end === 'failed').map(({ name }) => name));
  const shop = {
    ...{ seed: options.seed, run, leaseSeconds: work.leaseSeconds, call, ledger, counts, over: over.signal },
    isHopeless: (name: string) => hopeless.has(name),
  };
  // Whoever fails for a reason of its own ends the run.
  const fleet = agents.map((id) => runAgent(shop, id, createRandom(options.seed, `agent ${id.slice(run.length)}`)));
  const ended = untilEnded(platform, run, plan, ledger, counts, startedAt + options.verifyTimeoutMs);
  await Promise.race([ended, Promise.all(fleet)]).finally(() => over.abort());
  const inTime = await ended;
  await Promise.all(fleet);
  const doneAt = Date.now();

  const differences = checkWork(plan, ledger, await readWork(platform, run, plan, startedAt));
  const perSecond = work.tasks / Math.max(0.001, (doneAt - madeAt) / 1_000);
  console.log(
    [
      `${count(work.tasks)} tasks worked off by ${count(options.agents)} agents in ${seconds(doneAt - madeAt)} (${count(perSecond)}/s)`,
      `claims told ${count(counts.claims)}  completed ${count(counts.completed)}  failed attempts ${count(counts.failed)}  ` +
        `agents killed ${count(counts.killed)}  refused, the lease being lost ${count(counts.refused)}`,
      `requests ${count(calls.requests)}  answers lost ${count(calls.lost)}  connections cut ${count(calls.cut)}  ` +
        `sent twice ${count(calls.doubled)}  tried again, the API being busy ${count(calls.busy)}`,
      `checked in ${seconds(Date.now() - doneAt)}`,
      ...(inTime ? [] : [`not all ended within ${seconds(options.verifyTimeoutMs)}`]),
      ...(differences.length === 0
        ? ['verified: no task lost or done twice, every attempt claimed once, attempts, audit log and totals agree']
        : [`${count(differences.length)} DIFFERENCES`, ...differenceTable(differences)]),
    ].join('\n'),
  );
  return differences.length === 0 && inTime ? 0 : 1;
}

/** Agents are known once they have spoken; resolves when all of them are. */
async function introduce(platform: Platform, options: Options, run: string, agents: readonly string[]): Promise<void> {
  const sender = createHttpSender({ url: options.url, key: platform.key, connections: 1 });
  const ts = Date.now();
  const batch = agents.map((id): PlannedEvent => ({
    sendAt: ts,
    topic: 'agent-events',
    key: id,
    body: { agent_id: id, id: `${id}-hello`, message_type: 'heartbeat', status: 'online', ts },
  }));
  try {
    await sender.send(batch, new AbortController().signal);
  } finally {
    await sender.close();
  }
  for (const deadline = ts + options.verifyTimeoutMs; ;) {
    let known = 0;
    for await (const _agent of pages(platform, 'get /agents', { query: { q: run } }, agentSchema)) known += 1;
    if (known === agents.length) return;
    if (Date.now() > deadline) throw new Error(`only ${known} of ${agents.length} agents were known in time`);
    await sleep(250);
  }
}

/** Resolves with true once every task has ended, with false at `deadline`. */
async function untilEnded(
  platform: Platform,
  run: string,
  plan: PlannedWork,
  ledger: WorkLedger,
  counts: WorkCounts,
  deadline: number,
): Promise<boolean> {
  const all = plan.single.length + plan.workflows.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const failing = plan.single.filter(({ end }) => end === 'failed').length;
  for (let look = 1; Date.now() < deadline; look += 1) {
    await sleep(LOOK_EVERY_MS);
    if (look % SHOW_EVERY === 0)
      console.error(`completed ${count(ledger.completed.size)} of ${count(all)}  killed ${count(counts.killed)}`);
    // What was completed without anybody hearing of it is found when little else is left.
    if (all - failing - ledger.completed.size > LOOK_AT) continue;
    if (!(await isOpen(platform, run))) return true;
  }
  return false;
}

async function isOpen(platform: Platform, run: string): Promise<boolean> {
  const query = { status: ['pending', 'in_progress'], q: run, limit: 1 } as const;
  const page = await platform.get('get /tasks', { query }, listSchema(taskSchema));
  return page === null || page.items.length > 0;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
