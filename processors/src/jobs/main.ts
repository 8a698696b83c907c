import { RETENTION_TASKS, type RetentionTask } from '@fleetbeat/contracts/jobs.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { Counter } from 'prom-client';
import { runDeliveries } from '../notify/delivery/run-deliveries.ts';
import { keepIncidents } from '../notify/incidents/keep-incidents.ts';
import { runReports } from '../notify/reports/run-reports.ts';
import { workErasures } from '../privacy/work-erasures.ts';
import { workRecomputes } from '../work-recomputes.ts';
import { dropReplacedRows } from './drop-replaced-rows.ts';
import { expireAlerts } from './expire-alerts.ts';
import { expireCutHashes } from './expire-cut-hashes.ts';
import { expireCuts } from './expire-cuts.ts';
import { expireDeadLetters } from './expire-dead-letters.ts';
import { expireDeliveries } from './expire-deliveries.ts';
import { expireEventLog } from './expire-event-log.ts';
import { expireRawEvents } from './expire-raw-events.ts';
import { expireOldSuggestions } from './expire-old-suggestions.ts';
import { expireSignIn } from './expire-sign-in.ts';
import { expireTimeSeries } from './expire-time-series.ts';
import { expireWatches } from './expire-watches.ts';
import type { RetentionContext, RetentionRun } from './retention-context.ts';
import { runTimers } from './run-timers.ts';

const MINUTE = 60_000;

const RUNS: Readonly<Record<RetentionTask, { run: RetentionRun; everyMs: number }>> = {
  'raw-events': { run: expireRawEvents, everyMs: 10 * MINUTE },
  'cut-hashes': { run: (context) => expireCutHashes(context), everyMs: 10 * MINUTE },
  cuts: { run: expireCuts, everyMs: 60 * MINUTE },
  'dead-letters': { run: expireDeadLetters, everyMs: 60 * MINUTE },
  watches: { run: expireWatches, everyMs: MINUTE },
  'sign-in': { run: expireSignIn, everyMs: 10 * MINUTE },
  'time-series': { run: expireTimeSeries, everyMs: 10 * MINUTE },
  'event-log': { run: expireEventLog, everyMs: 5 * MINUTE },
  alerts: { run: expireAlerts, everyMs: 10 * MINUTE },
  deliveries: { run: expireDeliveries, everyMs: 60 * MINUTE },
  suggestions: { run: expireOldSuggestions, everyMs: 60 * MINUTE },
  'replaced-rows': { run: dropReplacedRows, everyMs: 10 * MINUTE },
};

/** Runs the repeating jobs. Several of these processes share the work. */
export async function start(context: ServiceContext): Promise<void> {
  const { config, logger, lifecycle, database, eventLog, timeSeries, jobQueue, metrics } = context;
  const stop = new AbortController();
  const retention: RetentionContext = {
    database,
    eventLog,
    timeSeries,
    retention: config.retention,
    logger,
    now: Date.now,
    signal: stop.signal,
  };
  const expired = new Counter({
    name: 'fleetbeat_expired_rows_total',
    help: 'Rows dropped because they have outlived their retention.',
    labelNames: ['task'] as const,
    registers: [metrics.registry],
  });

  for (const task of RETENTION_TASKS) {
    await jobQueue.schedule('retention', task, RUNS[task].everyMs, { task });
  }
  const worker = await jobQueue.work('retention', async ({ payload: { task } }) => {
    const rows = await metrics.timed(`retention_${task}`, () => RUNS[task].run(retention));
    expired.inc({ task }, rows);
    if (rows > 0) logger.info({ task, rows }, 'dropped what has outlived its retention');
  });
  lifecycle.onStop('retention', async () => {
    stop.abort(new Error('the service stops'));
    await worker.close();
  });
  await runTimers(context);
  await runDeliveries(context);
  await runReports(context);
  const incidents = keepIncidents(context);
  lifecycle.onStop('incidents', () => incidents.stop());
  await workRecomputes(context);
  await workErasures(context);
}
