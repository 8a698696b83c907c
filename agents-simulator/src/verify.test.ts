import type { Measures } from '@fleetbeat/contracts/api.ts';
import { addressOf } from '@fleetbeat/contracts/client/client.ts';
import { describe, expect, it, vi } from 'vitest';
import { additiveOf } from './compare.ts';
import { exactQuantile, messagesOf, tokensOf, type EventTally } from './event-tally.ts';
import { readFleetBefore } from './fleet-check.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { parseOptions, type Options } from './options.ts';
import type { Platform } from './platform.ts';
import { createScenario, type PlannedEvent } from './scenario.ts';
import { verify } from './verify.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

function someEvents(): PlannedEvent[] {
  const options = parseOptions('--rate 60 --duration 60 --agents 5 --hosts 2'.split(' '), {}) as Options;
  return [...createScenario(options, null, NOW).events()];
}

function ledgerOf(events: readonly PlannedEvent[]): Ledger {
  const ledger = createLedger();
  for (const event of events) ledger.record(event);
  return ledger;
}

function measuresOf(tally: EventTally): Measures {
  const sorted = tally.times.toSorted((a, b) => a - b);
  const quantile = (q: number): number | null => {
    const us = exactQuantile(sorted, q);
    return us === undefined ? null : us / 1_000;
  };
  return {
    ...additiveOf(tally),
    average_response_time: sorted.length === 0 ? null : tally.response_us / sorted.length / 1_000,
    response_time_min: quantile(0),
    response_time_max: quantile(1),
    response_time_p50: quantile(0.5),
    response_time_p95: quantile(0.95),
    response_time_p99: quantile(0.99),
    average_feedback_score: tally.scored === 0 ? null : tally.score_micros / tally.scored / 1e6,
    unique_users: tally.users.size,
  };
}

/** A platform that has processed `events`, and answers as the API does. */
function platformThatSaw(events: readonly PlannedEvent[], others: { agent_id: string; last_seen: number }[] = []): Platform {
  const seen = ledgerOf(events);
  const metrics = (tally: EventTally) => ({
    from: 0,
    to: 1,
    step_ms: 1,
    totals: measuresOf(tally),
    series: [{ t: 0, ...measuresOf(tally) }],
  });
  const agent = (id: string, tally: EventTally) => ({
    agent_id: id,
    name: null,
    host_id: null,
    status: 'online',
    capabilities: [],
    labels: {},
    model: null,
    first_seen: 0,
    last_seen: 0,
    total_messages: messagesOf(tally),
    total_responses: tally.agent_response,
    total_errors: tally.error,
    total_tokens_used: tokensOf(tally),
    success_rate: messagesOf(tally) === 0 ? null : (messagesOf(tally) - tally.error) / messagesOf(tally),
    total_tasks: 0,
    failed_tasks: 0,
    tags: [],
    notes: null,
    paused: false,
    archived_at: null,
  });
  const answer = (path: string): unknown => {
    const [, kind = '', id = '', rest = ''] = /^\/([a-z]+)\/?([^/?]*)(.*)$/.exec(path) ?? [];
    if (kind === 'fleet') return metrics(seen.total);
    if (kind === 'models') {
      return {
        from: 0,
        to: 1,
        step_ms: 1,
        models: [...seen.models].map(([model, tally]) => ({ model, totals: measuresOf(tally), series: [] })),
      };
    }
    if (kind === 'agents' && id === '')
      return { items: others.map((other) => ({ ...agent(other.agent_id, seen.total), ...other })), next_cursor: null };
    if (kind === 'agents') {
      const tally = seen.agents.get(id);
      return tally === undefined ? null : rest.startsWith('/metrics') ? metrics(tally) : agent(id, tally);
    }
    if (kind === 'hosts') {
      const gauges = seen.hosts.get(id);
      if (gauges === undefined) return null;
      const points = [...gauges].map(([gauge, windows]) => [
        gauge,
        [...windows].map(([t, { total, samples, min, max, last }]) => ({
          t,
          avg: total / samples / 1e3,
          min: min / 1e3,
          max: max / 1e3,
          last: last / 1e3,
        })),
      ]);
      const samples = [...gauges].map(([gauge, windows]) => [
        gauge,
        [...windows.values()].reduce((sum, window) => sum + window.samples, 0),
      ]);
      return {
        host_id: id,
        from: 0,
        to: 1,
        step_ms: 60_000,
        gauges: Object.fromEntries(points),
        samples: Object.fromEntries(samples),
      };
    }
    const status = seen.tasks.get(id)?.status;
    const nothing = {
      name: null,
      description: null,
      workflow_id: null,
      agent_id: null,
      due_date: null,
      result: null,
      error: null,
      created_by: null,
      revision: 1,
    };
    const times = { created_at: 0, started_at: null, completed_at: null, duration_seconds: null, updated_at: 0 };
    const dispatch = {
      depends_on: [],
      waiting_for: 0,
      capabilities: [],
      max_attempts: 3,
      timeout_seconds: null,
      not_before: null,
    };
    const counted = { priority: 'low', progress: 0, attempts: 0, ...nothing, ...times, ...dispatch };
    return status === undefined ? null : { task_id: id, status, ...counted };
  };
  return {
    key: undefined,
    get: (name, place, schema) => {
      const given = answer(addressOf(name, place).url.replace('/api/v1', ''));
      return Promise.resolve(given === null ? null : schema.parse(given));
    },
  };
}

interface Before {
  /** What the platform had seen before the run; 'ignore' compares the fleet all the same. */
  seen?: readonly PlannedEvent[] | 'ignore';
  repeated?: boolean;
}

/** Lets time pass at once where verify would wait for a difference to go away. */
async function verified(platform: Platform, ledger: Ledger, { seen = [], repeated = false }: Before = {}) {
  vi.useFakeTimers({ now: NOW });
  try {
    const before = seen === 'ignore' ? seen : await readFleetBefore(platformThatSaw(seen), NOW - 1, NOW + 1);
    const hasPassed = () => Promise.resolve(Date.now() > NOW + 5_000);
    const result = verify(platform, ledger, { before, repeated, hasPassed, deadline: NOW + 120_000 });
    await vi.advanceTimersByTimeAsync(60_000);
    return await result;
  } finally {
    vi.useRealTimers();
  }
}

describe('verify', () => {
  const events = someEvents();
  const ledger = ledgerOf(events);

  it('finds nothing where the platform saw what was acknowledged', async () => {
    const result = await verified(platformThatSaw(events), ledger);
    expect(result.differences).toEqual([]);
    expect(result.compared).toEqual([
      '5 agents',
      '2 hosts',
      `${ledger.tasks.size} tasks`,
      `${ledger.models.size} models and the fleet`,
    ]);
    expect(ledger.tasks.size).toBeGreaterThan(3);
    expect(result.totals.total_responses).toBe(ledger.total.agent_response);
  });

  it.each(['agent-events', 'host-events'] as const)(
    'finds one event of %s that was lost, and one that was counted twice',
    async (topic) => {
      const one = events.findIndex((event) => event.topic === topic);
      const lost = await verified(platformThatSaw(events.toSpliced(one, 1)), ledger);
      const doubled = await verified(platformThatSaw([...events, ...events.slice(one, one + 1)]), ledger);
      for (const { differences } of [lost, doubled]) {
        expect(differences.length).toBeGreaterThan(0);
        expect(differences.map(({ scope }) => scope)).toContain(events[one]?.key);
      }
    },
  );

  it('finds a task whose end was lost, and an agent and a host that nobody knows', async () => {
    const end = events.findIndex(({ body }) => 'task_id' in body && body['status'] === 'completed');
    const [agent] = ledger.agents.keys();
    const [host] = ledger.hosts.keys();
    const partly = events.filter(({ key }, index) => index !== end && key !== agent && key !== host);
    const scopes = (await verified(platformThatSaw(partly), ledger)).differences.map(({ scope }) => scope);
    for (const scope of [events[end]?.key, agent, host, 'all agents', 'fleet']) expect(scopes).toContain(scope);
  });

  it('waits for answers that are a moment behind', async () => {
    let asked = 0;
    const [behind, current] = [platformThatSaw(events.slice(0, -50)), platformThatSaw(events)];
    const platform: Platform = {
      key: undefined,
      get: (name, place, schema) => ((asked += 1) < 80 ? behind : current).get(name, place, schema),
    };
    expect((await verified(platform, ledger)).differences).toEqual([]);
  });

  describe('where the fleet is not empty', () => {
    const [other]: PlannedEvent[] = [
      {
        sendAt: NOW,
        topic: 'agent-events',
        key: 'other',
        body: { agent_id: 'other', message_type: 'tool_call', token_count: 9, id: 'x', ts: NOW },
      },
    ];
    const earlier = [other as PlannedEvent];
    const both = platformThatSaw([...events, ...earlier], [{ agent_id: 'other', last_seen: NOW - 100_000 }]);

    it('compares what it has grown by', async () => {
      const result = await verified(both, ledger, { seen: earlier });
      expect(result.differences).toEqual([]);
      expect(result.compared).toContain("the fleet's growth");
    });

    it('finds growth by an event too many', async () => {
      const result = await verified(both, ledger, { seen: [] });
      expect(result.differences.map(({ scope }) => scope)).toContain('fleet');
      const fields = (
        await verified(platformThatSaw([...events, ...earlier, ...earlier]), ledger, { seen: earlier })
      ).differences.map(({ field }) => field);
      expect(fields).toEqual(expect.arrayContaining(['growth of total_tool_calls', 'growth of other_tokens']));
    });

    it('leaves the fleet out, and says so, where agents of others send at the same time', async () => {
      const shared = platformThatSaw([...events, ...earlier], [{ agent_id: 'other', last_seen: NOW + 1 }]);
      const result = await verified(shared, ledger, { seen: [] });
      expect(result.differences).toEqual([]);
      expect(result.compared).toHaveLength(3);
      expect(result.skipped).toHaveLength(1);
    });

    it('leaves the fleet out where the events were there before, unless it is told to compare', async () => {
      const again = platformThatSaw(events);
      expect((await verified(again, ledger, { seen: events, repeated: true })).skipped).toHaveLength(1);
      expect(await verified(again, ledger, { seen: 'ignore', repeated: true })).toMatchObject({ differences: [], skipped: [] });
    });
  });
});
