import type { Body, Place } from '@fleetbeat/contracts/client/client.ts';
import { ask } from '../api/ask.ts';
import { windowQuery, type Window } from '../api/client.ts';

type SeriesQuery = Place<'get /series'>['query'];

/** What only the pages of rules ask. Every function rejects with an `ApiProblem`. */
export const rulesApi = {
  backtest: (question: Body<'post /rules/backtest'>) => ask('post /rules/backtest', { body: question }),
  versions: (ruleId: string, signal?: AbortSignal) =>
    ask('get /rules/{rule_id}/versions', { params: { rule_id: ruleId }, query: { limit: 50 }, signal }),
  series: (
    { set, keys, measures }: { set: SeriesQuery['set']; keys: readonly string[]; measures: SeriesQuery['measure'] },
    window: Window,
    signal?: AbortSignal,
  ) => ask('get /series', { query: { set, key: keys, measure: measures, ...windowQuery(window) }, signal }),
};
