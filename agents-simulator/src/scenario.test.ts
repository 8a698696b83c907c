import { EVENT_KINDS, timeRefusal, topicOf } from '@fleetbeat/contracts/events.ts';
import { describe, expect, it } from 'vitest';
import type { EarlierRun } from './earlier-run.ts';
import { parseOptions, type Options } from './options.ts';
import { createScenario, type PlannedEvent, type Scenario } from './scenario.ts';
import { BUNDLED_TRACE, readTrace } from './trace.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const END = '2026-11-21T12:00:00Z';
const trace = readTrace(BUNDLED_TRACE);

function scenario(line: string, now = NOW, earlier?: EarlierRun): Scenario {
  const options = parseOptions(line.split(' '), {}) as Options;
  return createScenario(options, options.trace === null ? null : trace, now, earlier);
}

function eventsOf(line: string, now = NOW): PlannedEvent[] {
  return [...scenario(line, now).events()];
}

const LINES = {
  'the trace alone': `--trace ${BUNDLED_TRACE} --trace-only --speed max --end ${END}`,
  'the trace with its fleet': `--trace ${BUNDLED_TRACE} --speed max --end ${END}`,
  'load of its own': `--rate 500 --duration 30 --agents 50 --end ${END}`,
  'load with odd clocks': `--rate 500 --duration 30 --agents 50 --clock-skew --late --end ${END}`,
};

describe.each(Object.entries(LINES))('%s', (_, line) => {
  const events = eventsOf(line);

  it('is the same again, whenever it starts', () => {
    expect(eventsOf(line, NOW + 5_000)).toEqual(events);
  });

  it('is another with another seed: no id, agent, host or task in common', () => {
    const others = eventsOf(`${line} --seed 2`);
    const names = (list: PlannedEvent[]) => new Set(list.flatMap(({ key, body }) => [key, body.id]));
    const ours = names(events);
    expect([...names(others)].filter((name) => ours.has(name))).toEqual([]);
  });

  it('has an id of its own for every event', () => {
    expect(new Set(events.map(({ body }) => body.id)).size).toBe(events.length);
  });

  it('is valid by the contracts, and dated in the accepted range at its sending', () => {
    for (const { topic, key, body, sendAt } of events) {
      const kind = EVENT_KINDS[topic];
      const parsed = kind.schema.safeParse(body);
      expect(parsed.success, JSON.stringify(body)).toBe(true);
      expect(topicOf(body)).toBe(topic);
      expect((body as Record<string, unknown>)[kind.key]).toBe(key);
      expect(timeRefusal(body.ts, sendAt)).toBeUndefined();
    }
  });

  it('comes in the order of sending', () => {
    expect(events.every(({ sendAt }, index) => index === 0 || sendAt >= (events[index - 1]?.sendAt ?? Infinity))).toBe(true);
  });
});

describe('the trace alone', () => {
  const events = eventsOf(LINES['the trace alone']);

  it('is one reply for each row, with its tokens and its spacing, and ends at --end', () => {
    expect(events).toHaveLength(trace.rows.length);
    expect(events.at(-1)?.body.ts).toBe(NOW);
    events.forEach(({ body }, index) => {
      const row = trace.rows[index];
      expect(body).toMatchObject({
        message_type: 'agent_response',
        input_tokens: row?.inputTokens,
        output_tokens: row?.outputTokens,
      });
      expect(NOW - body.ts).toBe(trace.span - (row?.offset ?? 0));
    });
  });

  it('takes longer to answer with more tokens', () => {
    const times = events.map(({ body }) => body as unknown as { output_tokens: number; response_time_ms: number });
    const mean = (list: typeof times) => list.reduce((sum, { response_time_ms: ms }) => sum + ms, 0) / list.length;
    expect(mean(times.filter((event) => event.output_tokens > 100))).toBeGreaterThan(
      2 * mean(times.filter((event) => event.output_tokens < 20)),
    );
  });

  it('replayed ten times faster is dated when it is sent', () => {
    const faster = eventsOf(`--trace ${BUNDLED_TRACE} --trace-only --speed 10 --duration 20`);
    expect(faster.at(0)?.sendAt).toBe(NOW);
    expect(faster.at(-1)?.sendAt).toBeLessThanOrEqual(NOW + 20_000);
    expect(faster.length).toBe(trace.rows.filter(({ offset }) => offset <= 200_000).length);
    expect(faster.every(({ sendAt, body }) => Math.floor(sendAt) === body.ts)).toBe(true);
  });

  it('starts over when it has ended, as long as nobody stops it', () => {
    const endless = scenario(`--trace ${BUNDLED_TRACE} --trace-only`).events();
    const ids = new Set<string>();
    let last = 0;
    for (let index = 0; index < 2 * trace.rows.length; index += 1) {
      const event = endless.next().value as PlannedEvent;
      ids.add(event.body.id);
      last = event.body.ts;
    }
    expect(ids.size).toBe(2 * trace.rows.length);
    expect(last).toBe(NOW + 2 * trace.span + 1_000);
  });
});

describe('the trace with its fleet', () => {
  const events = eventsOf(LINES['the trace with its fleet']);
  const ofType = (type: string) => events.filter(({ body }) => (body as Record<string, unknown>)['message_type'] === type);

  it('has as many replies as the trace has rows, with the same tokens', () => {
    const replies = ofType('agent_response').map(({ body }) => body as unknown as { input_tokens: number });
    expect(replies).toHaveLength(8_819);
    expect(replies.reduce((sum, reply) => sum + reply.input_tokens, 0)).toBe(18_059_974);
  });

  it('has everything else that a fleet sends', () => {
    for (const type of ['user_message', 'tool_call', 'error', 'feedback', 'heartbeat'])
      expect(ofType(type).length).toBeGreaterThan(20);
    expect(events.filter(({ topic }) => topic === 'host-events').length).toBeGreaterThan(100);
    expect(ofType('error').every(({ body }) => 'error_details' in body)).toBe(true);
    const ended = events.filter(({ body }) => 'task_id' in body && body['status'] === 'completed');
    expect(ended.length).toBeGreaterThan(50);
  });

  it('goes on live with the same agents when it follows', () => {
    const follow = scenario(`--trace ${BUNDLED_TRACE} --speed max --follow`);
    const past = new Set<string>();
    const now = new Set<string>();
    for (const { sendAt, key, topic } of follow.events()) {
      if (sendAt > NOW + 30_000) break;
      if (topic === 'agent-events') (sendAt <= NOW ? past : now).add(key);
    }
    expect(now.size).toBe(40);
    expect([...now].every((agent) => past.has(agent))).toBe(true);
    expect(follow.plan).toMatchObject({ paced: true, end: undefined, anchor: NOW - trace.span });
  });
});

describe('a fleet of a name', () => {
  const LINE = `--as demo --trace ${BUNDLED_TRACE} --speed max --follow`;
  const LATER = NOW + 86_400_000;
  const TASK = 'task-0123abcd-000007';

  function sent(now: number, earlier?: EarlierRun) {
    const run = scenario(LINE, now, earlier);
    const events: PlannedEvent[] = [];
    for (const event of run.events()) {
      if (event.sendAt > now + 30_000) break;
      events.push(event);
    }
    return { run, events, named: new Set(events.flatMap(({ topic, key }) => (topic === 'task-events' ? [] : [key]))) };
  }
  const first = sent(NOW);
  const again = sent(LATER, { heardAt: LATER - 600_000, openTasks: [{ id: TASK, name: 'Fix flaky test', begun: true }] });

  it('is the same fleet in another run, with events and tasks of its own', () => {
    expect(again.run.fleet.agents).toEqual(first.run.fleet.agents);
    expect(again.run.fleet.hosts).toEqual(first.run.fleet.hosts);
    expect(first.named.size).toBe(46);
    expect(again.named).toEqual(first.named);
    const own = ({ events }: typeof first) =>
      new Set(events.flatMap(({ topic, key, body }) => (topic === 'task-events' ? [key, body.id] : [body.id])));
    const ours = own(first);
    expect([...own(again)].filter((one) => ours.has(one))).toEqual([]);
  });

  it('fills in the hour at first, and then what is missing of it', () => {
    const from = ({ events }: typeof first) =>
      Math.min(...events.flatMap(({ topic, body }) => (topic === 'host-events' ? [body.ts] : [])));
    expect(from(first)).toBe(NOW - trace.span);
    expect(from(again)).toBe(LATER - 600_000);
    expect(from(sent(LATER, { heardAt: LATER - 86_000_000, openTasks: [] }))).toBe(LATER - trace.span);
    expect(from(sent(LATER, { heardAt: LATER + 5, openTasks: [] }))).toBe(LATER);
  });

  it('is never silent for so long that it would be offline, neither in the hour that is filled in nor when it goes on', () => {
    // As AGENT_OFFLINE_SECONDS and HOST_OFFLINE_SECONDS are where nobody sets them.
    const OFFLINE_MS = 30_000;
    const heard = Map.groupBy(
      first.events.filter(({ topic }) => topic !== 'task-events'),
      ({ key }) => key,
    );
    const silences = [...heard.values()].map((events) => {
      const times = [...events.map(({ body }) => body.ts), NOW + 30_000].sort((a, b) => a - b);
      return Math.max(...times.map((t, index) => t - (times[index - 1] ?? NOW - trace.span)));
    });
    expect(Math.max(...silences)).toBeLessThanOrEqual(OFFLINE_MS);
  });

  it('has hosts whose uptime goes on', () => {
    const up = ({ events }: typeof first) =>
      events.findLast(({ key }) => key === 'host-demo-001')?.body as unknown as { ts: number; uptime: number };
    const [before, after] = [up(first), up(again)];
    expect(Math.abs((after.ts - before.ts) / 1_000 - (after.uptime - before.uptime))).toBeLessThanOrEqual(1);
  });

  it('ends the tasks that were left open, once it is live', () => {
    const theirs = again.events.filter(({ key }) => key === TASK);
    expect(theirs).toHaveLength(1);
    expect(theirs[0]?.body).toMatchObject({ status: expect.stringMatching(/^(completed|failed|cancelled)$/) as string });
    expect(theirs[0]?.body.ts).toBeGreaterThanOrEqual(LATER);
    expect(theirs[0]?.body.ts).toBeLessThanOrEqual(LATER + 10_000);
  });
});

describe('load of its own', () => {
  it.each([50, 500, 2_000])('comes at %d events a second on average', (rate) => {
    const events = eventsOf(`--rate ${rate} --duration 60 --agents 50 --hosts 10`);
    expect(events.length / 60).toBeGreaterThan(0.93 * rate);
    expect(events.length / 60).toBeLessThan(1.05 * rate);
  });

  it('has a tenth of the agents 4 minutes ahead and a tenth that flushes an hour', () => {
    const events = eventsOf('--rate 500 --duration 30 --agents 50 --clock-skew --late');
    const ahead = new Set<string>();
    const late = new Set<string>();
    let oldest = Infinity;
    for (const { key, body, sendAt } of events) {
      if (body.ts > sendAt + 200_000) ahead.add(key);
      if (body.ts < sendAt - 60_000) late.add(key);
      oldest = Math.min(oldest, body.ts);
    }
    expect(ahead.size).toBe(5);
    expect(late.size).toBe(5);
    // An hour before half of the run, and what led up to the first reply.
    expect(oldest).toBeLessThan(NOW - 3_500_000);
    const flushes = events.filter(({ key, sendAt }) => late.has(key) && sendAt === NOW + 15_000);
    expect(flushes.length).toBeGreaterThan(100);
  });
});
