import type { DashboardInput } from '@fleetbeat/contracts/dashboards.ts';

/** The dashboard that an installation without any is offered: how the fleet fares, without naming anybody in it. */
export const STARTER: DashboardInput = {
  name: 'Fleet at a glance',
  description: 'How much is going on, how well and how fast, and what it costs.',
  variables: [],
  panels: [
    figure('messages', 'Messages', 0, 'total_messages'),
    figure('errors', 'Errors', 3, 'error_rate'),
    figure('latency', 'Response time p95', 6, 'response_time_p95'),
    figure('cost', 'Cost', 9, 'total_cost_usd'),
    chart('traffic', 'Traffic', 0, 2, 8, 'stack', ['total_responses', 'total_user_messages', 'total_tool_calls']),
    {
      ...common('error-share', 'Error rate', 8, 2, 4, 4),
      set: 'fleet',
      measures: ['error_rate'],
      display: 'area',
    },
    chart('response-time', 'Response time', 0, 6, 6, 'line', ['response_time_p50', 'response_time_p95', 'response_time_p99']),
    { ...common('model-cost', 'Cost by model', 6, 6, 6, 4), set: 'model', measures: ['total_cost_usd'], display: 'stack' },
    { ...common('model-tokens', 'Tokens by model', 0, 10, 5, 5), set: 'model', measures: ['total_tokens_used'], display: 'bars' },
    {
      ...common('models', 'Models', 5, 10, 7, 5),
      set: 'model',
      measures: ['total_responses', 'error_rate', 'response_time_p95', 'total_tokens_used', 'total_cost_usd'],
      display: 'table',
    },
  ],
};

type Measures = Extract<DashboardInput['panels'][number], { kind: 'series' }>['measures'];

function common(id: string, title: string, x: number, y: number, w: number, h: number) {
  return { kind: 'series' as const, id, title, x, y, w, h, keys: [] };
}

function figure(id: string, title: string, x: number, measure: Measures[number]) {
  return { ...common(id, title, x, 0, 3, 2), set: 'fleet' as const, measures: [measure], display: 'figure' as const };
}

function chart(id: string, title: string, x: number, y: number, w: number, display: 'line' | 'stack', measures: Measures) {
  return { ...common(id, title, x, y, w, 4), set: 'fleet' as const, measures, display };
}
