import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';
import { agentMessage, heartbeat, ndjson } from '@fleetbeat/contracts/testing.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergedRows, rollupOnly } from '../testing/rollups.ts';
import { Cut } from './cut.ts';
import type { DecodedEvent } from './decode.ts';
import { SeenIds } from './seen-ids.ts';

const NOW = Date.UTC(2026, 5, 1, 12);

function record(
  offset: number,
  value: Buffer,
  extra: { count?: number | null; tick?: boolean; appendedAt?: number } = {},
): LogRecord {
  return { offset, appendedAt: NOW, key: null, value, count: null, tick: false, ...extra };
}

function newCut(seq = 0, firstOffset = 0, seen = new SeenIds(1_000)): Cut {
  return new Cut({ topic: 'agent-events', source: 1, seq, firstOffset }, seen, rollupOnly());
}

function contents(partials: Map<string, Partial>): unknown {
  return [...partials]
    .map(([name, { values, sketch, distinct }]) => [name, [...values], sketch?.serialize(), distinct?.serialize()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const event = fc
  .record({
    id: fc.integer({ min: 0, max: 60 }).map((n) => `id-${n}`),
    agent_id: fc.constantFrom('a', 'b', 'ü'),
    message_type: fc.constantFrom(...MESSAGE_TYPES),
    ts: fc.integer({ min: NOW - 7_200_000, max: NOW }),
    input_tokens: fc.nat({ max: 1_000 }),
    token_count: fc.nat({ max: 100 }),
    response_time_ms: fc.nat({ max: 60_000 }),
    user_feedback: fc.integer({ min: -5, max: 5 }),
    cost_usd: fc.constantFrom(0.1, 0.2, 1e-6),
    user_id: fc.constantFrom('u1', 'u2', 'u3'),
    model_used: fc.constantFrom('m1', 'm2'),
  })
  .map((fields) => agentMessage(fields));

describe('a cut', () => {
  test('of any sizes and in any order merges to the same partials', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.boolean(),
        (requests, ends, backwards) => {
          const whole = newCut();
          requests.forEach((events, offset) => whole.add(record(offset, ndjson(events))));

          const seen = new SeenIds(1_000);
          const cuts = [newCut(0, 0, seen)];
          requests.forEach((events, offset) => {
            cuts.at(-1)?.add(record(offset, ndjson(events)));
            if (ends[offset] === true) cuts.push(newCut(cuts.length, offset + 1, seen));
          });
          const rows = cuts.flatMap((cut) => [...cut.reduction.rows(1, cut.seq)]);
          if (backwards) rows.reverse();
          expect(contents(mergedRows(rows))).toEqual(contents(mergedRows(whole.reduction.rows(1, 0))));
          expect(cuts.reduce((sum, cut) => sum + cut.duplicate, 0)).toBe(whole.duplicate);
          expect(whole.read).toBe(whole.aggregated + whole.duplicate + whole.deadCount);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('keeps the good events of a record with bad ones', () => {
    const cut = newCut();
    const good = agentMessage({ ts: NOW });
    cut.add(
      record(
        0,
        Buffer.concat([ndjson([good]), Buffer.from('\n{"agent_id": 7}\nnonsense\n[1]\n'), ndjson([agentMessage({ ts: NOW })])]),
      ),
    );
    expect([cut.read, cut.aggregated, cut.deadCount]).toEqual([5, 2, 3]);
    expect(cut.deadLetters.map(({ position, code }) => [position, code])).toEqual([
      [1, 'not_valid'],
      [2, 'not_json'],
      [3, 'not_json'],
    ]);
  });

  test('refuses what is not UTF-8 line by line', () => {
    const cut = newCut();
    cut.add(record(0, Buffer.concat([ndjson([agentMessage({ ts: NOW })]), Buffer.from([0x0a, 0x7b, 0xff, 0x7d])])));
    expect([cut.aggregated, cut.deadLetters[0]?.code]).toEqual([1, 'not_utf8']);
  });

  test('judges an event by the log clock, with a minute of slack', () => {
    const cut = newCut();
    cut.add(
      record(0, ndjson([agentMessage({ ts: NOW + 359_000 }), agentMessage({ ts: NOW + 361_000 }), agentMessage({ ts: 0 })])),
    );
    expect([cut.aggregated, cut.deadCount]).toEqual([1, 2]);
    expect(cut.deadLetters[1]?.reason).toContain('more than 24 hours before');
  });

  test('takes the time of the append where an event has none, and keeps it in the raw line', () => {
    const lines: string[] = [];
    const reduction = {
      ...rollupOnly(),
      add: ({ bytes, start, end }: DecodedEvent) => lines.push(bytes.toString('utf8', start, end)),
      partials: 0,
    };
    const cut = new Cut({ topic: 'agent-events', source: 1, seq: 0, firstOffset: 0 }, new SeenIds(10), reduction);
    cut.add(record(0, Buffer.from('{"agent_id":"a","message_type":"error"}')));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ ts: NOW, agent_id: 'a', message_type: 'error' }]);
  });

  test('reads a pretty-printed event of a plain client as one', () => {
    const cut = newCut();
    cut.add(record(0, Buffer.from(JSON.stringify(agentMessage({ ts: NOW }), null, 2))));
    expect([cut.read, cut.aggregated]).toEqual([1, 1]);
  });

  test('never takes events without an id for duplicates', () => {
    const cut = newCut();
    const anonymous = Buffer.from(`{"agent_id":"a","message_type":"error","ts":${NOW}}`);
    cut.add(record(0, Buffer.concat([anonymous, Buffer.from('\n'), anonymous])));
    cut.add(record(1, anonymous));
    expect([cut.aggregated, cut.duplicate]).toEqual([3, 0]);
  });

  test('counts heartbeats apart from messages', () => {
    const cut = newCut();
    cut.add(record(0, ndjson([heartbeat({ ts: NOW }), agentMessage({ ts: NOW })])));
    const fleet = [...mergedRows(cut.reduction.rows(1, 0))].find(([name]) => name.startsWith('fleet|all|10s'))?.[1];
    expect(Array.from(fleet?.values.slice(0, 2) ?? [])).toEqual([1, 1]);
  });

  test('tells a gap of the log', () => {
    const cut = newCut(0, 5);
    cut.add(record(9, ndjson([agentMessage({ ts: NOW })])));
    expect([cut.expired, cut.endOffset]).toEqual([4, 10]);
  });

  test('ticks move the clock and count as nothing', () => {
    const cut = newCut();
    cut.add(record(0, Buffer.alloc(0), { tick: true, appendedAt: NOW + 5 }));
    expect([cut.records, cut.read, cut.endOffset, cut.lastAppendMs]).toEqual([0, 0, 1, NOW + 5]);
  });

  test('a late event is one whose window had ended ten seconds before', () => {
    const cut = newCut();
    cut.add(record(0, ndjson([agentMessage({ ts: NOW - 21_000 }), agentMessage({ ts: NOW - 5_000 })])));
    expect(cut.late).toBe(1);
  });
});
