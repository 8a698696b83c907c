import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { every, untilPastSecond } from '../engine/every.ts';
import type { CutFeed } from './cut-feed.ts';
import { shipDefaultRules } from './default-rules.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { EvaluationSeat } from './evaluation-seat.ts';
import { RollingWindows } from './rolling-windows.ts';
import { RuleHistory } from './rule-history.ts';

/** Rules are evaluated every second, where windows end; a timer may be early by some of these milliseconds, and would miss what is due. */
const PAST_SECOND_MS = 5;

/** Evaluates rules again and again, on windows that `feed` keeps fresh; of all processors one does. What it tells is announced live as well. */
export function keepAlerts(
  context: Pick<ServiceContext, 'config' | 'logger' | 'database' | 'timeSeries' | 'metrics'>,
  feed: CutFeed,
  announce: (changes: readonly LiveRecord[]) => void,
): { stop(): Promise<void> } {
  const { config, logger, database, timeSeries, metrics } = context;
  const now = Date.now;
  const sources = { store: timeSeries, database, retention: config.retention, now };
  const seat = new EvaluationSeat(database);
  let windows: RollingWindows | undefined;
  const history = new RuleHistory(sources, now);
  const silentMs = { agent: config.agentOfflineMs, host: config.hostOfflineMs };
  const since = now();
  let shipped = false;
  let complained = '';
  const rounds = every(
    () => untilPastSecond(PAST_SECOND_MS, now()),
    async () => {
      if (!shipped) await shipDefaultRules(database);
      shipped = true;
      if (!(await seat.isMine())) {
        // What others tell meanwhile is not in them.
        windows = undefined;
        return;
      }
      const evaluator = { database, windows: (windows ??= new RollingWindows(sources, feed)), history, silentMs, now, since };
      const round = await metrics.timed('evaluate_rules', () => evaluateRules(evaluator));
      announce(round.notifications.map((data) => ({ type: 'notification', data })));
      const complaint = JSON.stringify(round.problems);
      if (complaint !== complained && round.problems.length > 0) logger.warn({ rules: round.problems }, 'rules not evaluated');
      complained = complaint;
    },
    logger,
    'no rule was evaluated',
  );
  return {
    async stop() {
      await rounds.stop();
      await seat.leave().catch((error: unknown) => logger.warn({ err: error }, 'whoever evaluates next has to wait'));
    },
  };
}
