import type { Body, Place } from '@fleetbeat/contracts/client/client.ts';
import { ask } from '../api/ask.ts';

export type SuggestionQuery = NonNullable<Place<'get /suggestions'>['query']>;
type CalibrationQuery = Place<'get /suggestions/calibration'>['query'];

export const suggestionsApi = {
  list: (query: SuggestionQuery, signal?: AbortSignal) => ask('get /suggestions', { query, signal }),
  one: (id: string, signal?: AbortSignal) => ask('get /suggestions/{suggestion_id}', { params: { suggestion_id: id }, signal }),
  decide: (id: string, how: 'approve' | 'reject', reason: string, revision: number) => {
    const question = { params: { suggestion_id: id }, body: reason === '' ? {} : { reason }, revision };
    return how === 'approve'
      ? ask('post /suggestions/{suggestion_id}/approve', question)
      : ask('post /suggestions/{suggestion_id}/reject', question);
  },
  calibration: (query: CalibrationQuery, signal?: AbortSignal) => ask('get /suggestions/calibration', { query, signal }),
  autoApprovals: (signal?: AbortSignal) => ask('get /suggestions/auto-approve', { signal }),
  setAutoApproval: (input: Body<'put /suggestions/auto-approve'>, revision: number) =>
    ask('put /suggestions/auto-approve', { body: input, revision }),
};
