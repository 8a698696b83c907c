import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { describe, expect, it } from 'vitest';
import { createLedger } from './ledger.ts';
import type { EventBody } from './draft.ts';
import type { PlannedEvent } from './scenario.ts';

let ids = 0;
function planned(topic: EventTopic, key: string, ts: number, body: EventBody): PlannedEvent {
  ids += 1;
  return { sendAt: ts, topic, key, body: Object.assign(body, { id: `id-${ids}`, ts }) };
}

function message(agent: string, ts: number, fields: Record<string, unknown> = {}): PlannedEvent {
  return planned('agent-events', agent, ts, { agent_id: agent, message_type: 'agent_response', ...fields });
}

function sample(ts: number, cpu: number): PlannedEvent {
  return planned('host-events', 'h', ts, { host_id: 'h', cpu_usage: cpu, memory_usage: 1, disk_usage: 2, uptime: 3 });
}

describe('the ledger', () => {
  it('counts per agent, per model and in total', () => {
    const ledger = createLedger();
    ledger.record(message('a', 100, { model_used: 'm', input_tokens: 5 }));
    ledger.record(message('a', 50, { model_used: 'n', input_tokens: 7 }));
    ledger.record(message('b', 70, { input_tokens: 11 }));
    expect(ledger.agents.get('a')?.input_tokens).toBe(12);
    expect(ledger.agents.get('b')?.input_tokens).toBe(11);
    expect(ledger.models.get('m')?.input_tokens).toBe(5);
    expect([...ledger.models.keys()]).toEqual(['m', 'n']);
    expect(ledger.total.input_tokens).toBe(23);
    expect([ledger.from, ledger.to]).toEqual([50, 100]);
    expect([...ledger.topics]).toEqual([['agent-events', 3]]);
  });

  it('keeps gauges by minute: count, sum, extremes, and the last by its own time', () => {
    const ledger = createLedger();
    for (const event of [sample(59_999, 10), sample(65_000, 30.0004), sample(61_000, 50)]) ledger.record(event);
    const windows = ledger.hosts.get('h')?.get('cpu_usage');
    expect(windows?.get(0)).toMatchObject({ samples: 1, total: 10_000, last: 10_000 });
    expect(windows?.get(60_000)).toEqual({ samples: 2, total: 80_000, min: 30_000, max: 50_000, last: 30_000, lastAt: 65_000 });
    expect(ledger.hosts.get('h')?.has('load_1')).toBe(false);
  });

  it('knows the status that a task ended with, in whatever order it was told', () => {
    const ledger = createLedger();
    const step = (ts: number, seq: number, status: 'pending' | 'in_progress' | 'completed') =>
      planned('task-events', 't', ts, { task_id: 't', status, seq });
    for (const event of [step(5, 3, 'completed'), step(1, 0, 'pending'), step(5, 2, 'in_progress')]) ledger.record(event);
    expect(ledger.tasks.get('t')?.status).toBe('completed');
  });
});
