import type { BacktestAnswer, BacktestInput } from '@fleetbeat/contracts/backtest.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { RuleVersion } from '@fleetbeat/contracts/rules.ts';
import { get, send, windowQuery, type Window } from '../api/client.ts';

/** What only the pages of rules ask. Every function rejects with an `ApiProblem`. */
export const rulesApi = {
  backtest: (question: BacktestInput) => send<BacktestAnswer>('POST', '/rules/backtest', question),
  versions: (ruleId: string, signal?: AbortSignal) =>
    get<List<RuleVersion>>(`/rules/${encodeURIComponent(ruleId)}/versions`, { limit: 50 }, signal),
  series: (
    question: { set: string; keys: readonly string[]; measures: readonly string[] },
    window: Window,
    signal?: AbortSignal,
  ) =>
    get<SeriesAnswer>(
      '/series',
      { set: question.set, key: question.keys, measure: question.measures, ...windowQuery(window) },
      signal,
    ),
};
