import type { RunningSystem } from '../start-system.ts';
import { waitUntil } from './wait-until.ts';

/** The shortest-spaced job is due every minute; a worker that was killed lets its last one stall for half a minute. */
const JOB_TIMEOUT_MS = 150_000;
/** Place of the jobs' port after METRICS_PORT. */
const JOBS_PORT = 1;

/** Resolves when a repeating job has run from now on. */
export async function untilJobRuns(system: RunningSystem): Promise<void> {
  const before = await waitUntil('the metrics of the jobs answer', () => countRuns(system), JOB_TIMEOUT_MS);
  await waitUntil('a repeating job runs', async () => ((await countRuns(system)) > before ? true : undefined), JOB_TIMEOUT_MS);
}

async function countRuns({ env }: RunningSystem): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${Number(env['METRICS_PORT']) + JOBS_PORT}/metrics`);
  const lines = (await answer.text()).matchAll(
    /^fleetbeat_query_seconds_count\{[^}]*query="retention_[^}]*outcome="ok"[^}]*\} (\d+)/gm,
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}
