import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import { createReadRows } from '@fleetbeat/infra/database/read-rows.ts';
import { createTargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import { createMakeReport } from '@fleetbeat/infra/reports/dashboard-report.ts';
import { createQuerySeries } from '@fleetbeat/infra/series/query-series.ts';
import { createScope } from '@fleetbeat/infra/series/scope.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { createReadStatusTimeline } from '@fleetbeat/infra/status-timeline/read-status-timeline.ts';
import { createReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import { every } from '../../engine/every.ts';
import { TIMEOUT_MS } from '../delivery/http-sender.ts';
import { claimReports, noteDueReports } from './claim-reports.ts';
import { createSendReport } from './send-report.ts';

/** How often due reports are looked for, in milliseconds. */
const SWEEP_MS = 5_000;

/** Mails dashboards when they are due. Several of these processes share the work; what is due is known by the database alone. */
export async function runReports(context: ServiceContext): Promise<void> {
  const { config, logger, lifecycle, database, timeSeries, jobQueue, metrics } = context;
  const readRows = createReadRows(database, metrics);
  const windows = createReadWindows({ store: timeSeries, database, retention: config.retention, now: Date.now }, metrics);
  const scope = createScope(readRows, windows);
  const offlineMs = { agent: config.agentOfflineMs, host: config.hostOfflineMs };
  const send = createSendReport({
    database,
    secret: await loadSecret(config),
    makeReport: createMakeReport({
      querySeries: (question, range, labels) => createQuerySeries(scope.reader(labels))(question, range),
      readStatus: createReadStatusTimeline(readRows, windows, offlineMs, Date.now),
    }),
    effects: { targetRule: createTargetRule(config.notifyAllowPrivate), timeoutMs: TIMEOUT_MS },
    publicUrl: config.publicUrl,
    now: Date.now,
  });
  const worker = await jobQueue.work('reports', async ({ payload }) => {
    const outcome = await metrics.timed('send_report', () => send(payload));
    if (outcome === null || outcome.kind === 'delivered') return;
    logger.warn({ run: payload.run, outcome: outcome.kind, reason: outcome.reason }, 'a report was not mailed');
  });
  const sweep = every(
    SWEEP_MS,
    async () => {
      await metrics.timed('note_due_reports', () => noteDueReports(database, Date.now()));
      // What cannot be handed over is taken again once its lease is over.
      for (const claim of await claimReports(database, Date.now())) await jobQueue.add('reports', { ...claim }, { attempts: 1 });
    },
    logger,
    'due reports were not handed over',
  );
  lifecycle.onStop('reports', async () => {
    await sweep.stop();
    await worker.close();
  });
}
