import type { Suggestion, SuggestionStatus } from '@fleetbeat/contracts/suggestions.ts';

/** What a reader asked for. */
export interface InboxFilter {
  /** Null: whatever became of it. */
  readonly status: SuggestionStatus | null;
  /** Empty: of any. */
  readonly agent: string;
  readonly text: string;
}

/** Whether a suggestion is meant, as the server decides it too. */
export function isMeant(one: Suggestion, { status, agent, text }: InboxFilter): boolean {
  if (status !== null && one.status !== status) return false;
  if (agent !== '' && one.agent_id !== agent) return false;
  const part = text.trim().toLowerCase();
  const searched = [one.action, one.reasoning, one.agent_id, one.task_id, one.reason];
  return part === '' || searched.some((field) => field?.toLowerCase().includes(part));
}

/** What is known of suggestions, each as of its highest revision, the newest first. */
export function withNews(known: readonly Suggestion[], news: Iterable<Suggestion>): Suggestion[] {
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of news) if (one.revision >= (byId.get(one.id)?.revision ?? 0)) byId.set(one.id, one);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
