import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { TASK_STATUSES } from '@fleetbeat/contracts/events.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import type { ReadQuery } from '../../bff/src/http/read-query.ts';
import { CAN_BE_LOOKED_UP, createTasksReadModel, type TaskFilter, type TaskPage } from '../../bff/src/tasks/read-model.ts';
import { TASK_SORT_NAMES } from '../../bff/src/tasks/task-sorts.ts';
import { cpuSeconds } from './cpu-time.ts';
import { fillTasks } from './fill-tasks.ts';

const TASKS = 1_000_000;
const ROUNDS = 10;
const DEPTH = 10;
const AIM_MS = 50;

interface Asked {
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Lists and counts among a million tasks through the read model of the API: every filter, order and search, first pages and
 * deep ones. Milliseconds of each, by the clock and of the
 * database's CPU, against a look-up by primary key in the same run. Rejects where one reads the tasks without an index.
 */
export async function benchTaskLists(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const logger = createLogger('bench', 'error');
  const embedded = await startEmbeddedDatabase(folder, logger);
  // One connection, whose process is the one that is measured.
  const database = openDatabase(embedded.url, logger, { connections: 1 });
  try {
    await migrate(database);
    await fillTasks(database, TASKS);
    return await measure(database);
  } finally {
    await database.end();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(database: Database): Promise<Record<string, number>> {
  let asked: Asked[] = [];
  const query: ReadQuery = async <Row extends object>(_name: string, text: string, values: readonly unknown[] = []) => {
    asked.push({ text, values: [...values] });
    return (await database.query<Row>(text, [...values])).rows;
  };
  const tasks = createTasksReadModel(query);
  const { rows: ids } = await database.query<{ task_id: string }>(
    'select task_id from tasks tablesample system (0.01) limit 200',
  );
  const lookUps = await timed(200, async (round) => void (await tasks.find(ids[round % ids.length]?.task_id ?? '')));
  const lookUp = quantile(lookUps, 0.5);

  const figures: Record<string, number> = { tasks_lookup_p50_ms: lookUp };
  const all: { what: string; p50: number; p95: number; cpu: number }[] = [];
  const { rows: backends } = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = backends[0]?.pid ?? 0;
  await database.query('set max_parallel_workers_per_gather = 0');
  const scans: string[] = [];
  const run = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    asked = [];
    await work();
    for (const each of asked) if (await scansTasks(database, each)) scans.push(`${what} reads all tasks`);
    const before = cpuSeconds(pid);
    const times = await timed(ROUNDS, work);
    const cpu = ((cpuSeconds(pid) - before) * 1_000) / ROUNDS;
    all.push({ what, p50: quantile(times, 0.5), p95: quantile(times, 0.95), cpu });
  };

  const filters = await filtersOf(database);
  for (const [name, filter] of Object.entries(filters)) {
    for (const sort of TASK_SORT_NAMES) {
      const page: TaskPage = { ...filter, sort, limit: 50 };
      await run(`${name} by ${sort}`, () => tasks.list(page));
      const cursor = await deepCursor(tasks, page);
      if (cursor !== undefined) await run(`${name} by ${sort}, deep`, () => tasks.list({ ...page, cursor }));
    }
    if (filter.q === undefined || CAN_BE_LOOKED_UP.test(filter.q)) await run(`${name} counted`, () => tasks.count(filter));
  }
  all.sort((a, b) => b.p95 - a.p95);
  console.error(`${all.length} queries among ${TASKS} tasks; a look-up takes ${lookUp.toFixed(2)} ms; the slowest:`);
  for (const { what, p50, p95, cpu } of all.slice(0, 25)) {
    console.error(
      `  p50 ${p50.toFixed(1)} ms  p95 ${p95.toFixed(1)} ms  CPU ${cpu.toFixed(0)} ms  ${(p50 / lookUp).toFixed(0)} look-ups  ${what}`,
    );
  }
  if (scans.length > 0) throw new Error(scans.join('\n'));
  const slowest = all[0]?.p95 ?? 0;
  figures['tasks_list_slowest_p95_ms'] = slowest;
  figures['tasks_list_slowest_ratio'] = slowest / lookUp;
  figures['tasks_list_slowest_cpu_ms'] = Math.max(...all.map(({ cpu }) => cpu));
  figures['tasks_list_median_p95_ms'] = quantile(
    all.map(({ p95 }) => p95),
    0.5,
  );
  figures['tasks_lists_over_50_ms'] = all.filter(({ p95 }) => p95 > AIM_MS).length;
  return figures;
}

/** Every kind of filter and search, frequent and rare. */
async function filtersOf(database: Database): Promise<Record<string, TaskFilter>> {
  const { rows: agents } = await database.query<{ agent_id: string }>(
    'select agent_id from tasks where agent_id is not null group by 1 order by count(*) desc',
  );
  const { rows: workflows } = await database.query<{ workflow_id: string }>(
    'select workflow_id from tasks where workflow_id is not null group by 1 order by count(*) desc limit 100',
  );
  const busy = { agent_id: agents[0]?.agent_id };
  const idle = { agent_id: agents.at(-1)?.agent_id };
  const large = { workflow_id: workflows[0]?.workflow_id };
  const small = { workflow_id: workflows.at(-1)?.workflow_id };
  const filters: [string, Partial<TaskFilter>][] = [
    ['all', {}],
    ...TASK_STATUSES.map((status): [string, Partial<TaskFilter>] => [status, { status: [status] }]),
    ['open', { status: ['pending', 'in_progress'] }],
    ['ended', { status: ['completed', 'failed', 'cancelled'] }],
    ['high', { priority: 'high' }],
    ['pending and low', { status: ['pending'], priority: 'low' }],
    ['failed and high', { status: ['failed'], priority: 'high' }],
    ['the busiest agent', busy],
    ['the busiest agent, failed', { ...busy, status: ['failed'] }],
    ['the busiest agent, high', { ...busy, priority: 'high' }],
    ['an idle agent', idle],
    ['the largest workflow', large],
    ['the largest workflow, open', { ...large, status: ['pending', 'in_progress'] }],
    ['a small workflow', small],
    ['an agent in a workflow', { ...busy, ...large }],
    ['search for a frequent word', { q: 'review' }],
    ['search for a frequent word, failed', { q: 'review', status: ['failed'] }],
    ['search for a frequent word, of an agent', { q: 'review', ...busy }],
    ['search for a word in a hundred', { q: 'quarterly' }],
    ['search for a rare word', { q: 'zeppelin' }],
    ['search for a number', { q: '71234' }],
    ['search for what is nowhere', { q: 'nowhere at all' }],
    ['search for two letters', { q: 're' }],
    ['search for two letters that are nowhere', { q: 'q~' }],
  ];
  return Object.fromEntries(filters.map(([name, filter]) => [name, { status: [], ...filter }]));
}

/** The cursor after ten pages of 500, where the list goes so far. */
async function deepCursor(tasks: ReturnType<typeof createTasksReadModel>, page: TaskPage): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const { next_cursor: next } = await tasks.list({ ...page, limit: 500, cursor });
    if (next === null) return undefined;
    cursor = next;
  }
  return cursor;
}

/** Whether the statement's plan goes through the tasks without an index. (Texts it may: a frequent one is met soon.) */
async function scansTasks(database: Database, { text, values }: Asked): Promise<boolean> {
  const { rows } = await database.query<{ 'QUERY PLAN': unknown }>(`explain (format json) ${text}`, values);
  return /"Node Type":"Seq Scan"[^{}]*?"Relation Name":"tasks"/.test(JSON.stringify(rows[0]?.['QUERY PLAN']));
}

async function timed(rounds: number, work: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work(round);
    times.push(performance.now() - start);
  }
  return times;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
