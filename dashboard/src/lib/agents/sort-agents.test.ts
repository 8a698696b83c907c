import type { Agent } from '@fleetbeat/contracts/api.ts';
import { expect, test } from 'vitest';
import { DEFAULT_SORT, filterAgents, nextSort, parseSort, sortAgents, sortText } from './sort-agents.ts';

const agent = (agent_id: string, fields: Partial<Agent> = {}): Agent => ({
  agent_id,
  name: null,
  host_id: null,
  status: 'online',
  capabilities: [],
  labels: {},
  model: null,
  first_seen: 0,
  last_seen: 0,
  total_messages: 0,
  total_responses: 0,
  total_errors: 0,
  total_tokens_used: 0,
  success_rate: null,
  total_tasks: 0,
  failed_tasks: 0,
  tags: [],
  notes: null,
  paused: false,
  archived_at: null,
  ...fields,
});
const ids = (agents: Agent[]) => agents.map((one) => one.agent_id);

test('an order goes through the URL and back', () => {
  expect(parseSort(sortText({ column: 'tokens', descending: true }))).toEqual({ column: 'tokens', descending: true });
  expect(parseSort('constructor')).toEqual(DEFAULT_SORT);
  expect(parseSort(null)).toEqual(DEFAULT_SORT);
});

test('a click begins with the largest number, and turns the order round', () => {
  expect(nextSort(DEFAULT_SORT, 'tokens')).toEqual({ column: 'tokens', descending: true });
  expect(nextSort({ column: 'tokens', descending: true }, 'tokens')).toEqual({ column: 'tokens', descending: false });
});

test('what needs a look comes first, then the id', () => {
  const agents = [agent('c'), agent('b', { status: 'offline' }), agent('a'), agent('d', { status: 'busy' })];
  expect(ids(sortAgents(agents, DEFAULT_SORT))).toEqual(['b', 'd', 'a', 'c']);
});

test('words are found in id, model and labels, all of them', () => {
  const agents = [agent('a', { model: 'GPT', labels: { team: 'core' } }), agent('b', { model: 'gpt' })];
  expect(ids(filterAgents(agents, { status: null, text: 'gpt team:core' }))).toEqual(['a']);
  expect(ids(filterAgents(agents, { status: 'offline', text: '' }))).toEqual([]);
});
