import { TIMERS, type Timer } from '@fleetbeat/contracts/jobs.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { expireLeases } from '@fleetbeat/infra/tasks/expire-leases.ts';
import { tellLive } from '@fleetbeat/infra/tell-live.ts';
import { archiveSilent } from './archive-silent.ts';
import { expireSuggestions } from './expire-suggestions.ts';
import { tellOverdueTasks } from './tell-overdue-tasks.ts';

/** Acts on what is due at `now` (epoch ms); answers on how much. */
type TimerRun = (context: ServiceContext, now: number) => Promise<number>;

const RUNS: Readonly<Record<Timer, { run: TimerRun; everyMs: number }>> = {
  'archive-agents': {
    run: ({ database, config }) => archiveSilent(database, 'agent', config.agentArchiveMs),
    everyMs: 10 * 60_000,
  },
  'archive-hosts': {
    run: ({ database, config }) => archiveSilent(database, 'host', config.hostArchiveMs),
    everyMs: 10 * 60_000,
  },
  leases: {
    run: async ({ database, eventLog, logger }, now) => {
      const { ended, news } = await expireLeases(database, now);
      tellLive(eventLog, logger, news);
      return ended;
    },
    everyMs: 1_000,
  },
  'overdue-tasks': {
    run: async ({ database, eventLog, logger }, now) => {
      const news = await tellOverdueTasks(database, now);
      tellLive(eventLog, logger, news);
      return news.length;
    },
    everyMs: 10_000,
  },
  suggestions: {
    run: async ({ database, eventLog, logger }, now) => {
      const news = await expireSuggestions(database, now);
      tellLive(eventLog, logger, news);
      return news.length;
    },
    everyMs: 1_000,
  },
};

/**
 * Sweeps the rows that wait for a time, again and again. Timers are rows, never timers of a process: several of these
 * processes share the sweeps, and none of them keeps anything.
 */
export async function runTimers(context: ServiceContext): Promise<void> {
  const { logger, lifecycle, jobQueue, metrics } = context;
  for (const timer of TIMERS) await jobQueue.schedule('timers', timer, RUNS[timer].everyMs, { timer });
  const worker = await jobQueue.work('timers', async ({ payload: { timer } }) => {
    const acted = await metrics.timed(`timer_${timer}`, () => RUNS[timer].run(context, Date.now()));
    if (acted > 0) logger.info({ timer, acted }, 'acted on what was due');
  });
  lifecycle.onStop('timers', () => worker.close());
}
