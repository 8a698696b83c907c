import type { List } from '@fleetbeat/contracts/api.ts';
import type { AutoApproval, AutoApprovalInput, Calibration, Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import { get, send } from '../api/client.ts';

export interface SuggestionQuery {
  status?: readonly string[] | undefined;
  agent_id?: string | undefined;
  action?: string | undefined;
  task_id?: string | undefined;
  q?: string | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

const path = (id: string) => `/suggestions/${encodeURIComponent(id)}`;

export const suggestionsApi = {
  list: (query: SuggestionQuery, signal?: AbortSignal) => get<List<Suggestion>>('/suggestions', { ...query }, signal),
  one: (id: string, signal?: AbortSignal) => get<Suggestion>(path(id), {}, signal),
  decide: (id: string, how: 'approve' | 'reject', reason: string, revision: number) =>
    send<Suggestion>('POST', `${path(id)}/${how}`, reason === '' ? {} : { reason }, revision),
  calibration: (query: { agent_id?: string | undefined; action?: string | undefined }, signal?: AbortSignal) =>
    get<Calibration>('/suggestions/calibration', { ...query }, signal),
  autoApprovals: (signal?: AbortSignal) => get<List<AutoApproval>>('/suggestions/auto-approve', {}, signal),
  setAutoApproval: (input: AutoApprovalInput, revision: number) =>
    send<List<AutoApproval>>('PUT', '/suggestions/auto-approve', input, revision),
};
