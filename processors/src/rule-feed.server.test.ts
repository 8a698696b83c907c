import { SETS } from '@fleetbeat/contracts/aggregates.ts';
import { RULE_WINDOWS } from '@fleetbeat/contracts/rule-measures.ts';
import { ndjson } from '@fleetbeat/contracts/testing.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { columnsOf } from '@fleetbeat/infra/rules/measure-columns.ts';
import { bothTiers } from '@fleetbeat/infra/time-series/both-tiers.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows } from '@fleetbeat/infra/time-series/read-windows.ts';
import { openTestStore, TEST_ENGINES, type TestStore } from '@fleetbeat/infra/time-series/testing-store.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentReduction } from './agent-reduction.ts';
import { RollingWindows, type WindowContents } from './alerts/rolling-windows.ts';
import { noteSourceClocks, readSourceClocks } from './alerts/source-clocks.ts';
import type { WindowQuestion } from './alerts/window-question.ts';
import { createCutStore, type CutStore } from './engine/cut-store.ts';
import { SourceLost, SourceProcessor } from './engine/source-processor.ts';
import { RuleFeed } from './rule-feed.ts';

/** Rolling windows as they are kept from the stream, against a whole read of the store and what was really sent. */

const S = 1_000;
const STEP = 10_000;
const MINUTE = 60_000;
const BEGIN = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
const AGENTS = 6;

const QUESTIONS: readonly WindowQuestion[] = [
  { set: 'agent', window: '1m', stepMs: STEP, behindMs: 3 * S, measures: ['error_rate'] },
  { set: 'agent', window: '1m', stepMs: STEP, behindMs: 12 * S, measures: ['total_messages'] },
  { set: 'agent', window: '5m', stepMs: STEP, behindMs: 3 * S, measures: ['response_time_p95', 'unique_users'] },
  { set: 'model', window: '5m', stepMs: MINUTE, behindMs: 3 * S, measures: ['response_time_p50', 'total_tokens_used'] },
  { set: 'fleet', window: '15m', stepMs: MINUTE, behindMs: 3 * S, measures: ['response_time_max', 'error_rate'] },
];

interface Sent {
  readonly agent: string;
  readonly ts: number;
  readonly appendedAt: number;
}

/** One partition, its log, and whoever reads it. */
interface Partition {
  readonly number: number;
  readonly log: LogRecord[];
  processor: SourceProcessor;
  isMine: boolean;
}

describe.each(TEST_ENGINES)('rolling windows over $engine', ({ engine, absent }) => {
  describe.skipIf(absent)('on its real server', () => {
    let opened: TestStore;
    beforeAll(async () => {
      opened = await openTestStore(engine);
    });
    afterAll(() => opened.drop());

    it.each([1, 2])(
      'are what a whole read gives, over late events, stored cuts, restarts and rebalances (seed %i)',
      { timeout: 60_000 },
      async (seed) => {
        const { database, store } = opened;
        const random = seeded(seed * 7919);
        const chance = (share: number): boolean => random() < share;
        let now = BEGIN + seed * 900 * S;
        const sent: Sent[] = [];
        const partitions: Partition[] = [];
        const feed = new RuleFeed(
          () => partitions.filter(({ isMine }) => isMine).map(({ processor }) => processor),
          () => now,
        );
        const plain = createCutStore(database, store, 'elsewhere');
        const mine = feed.watching(createCutStore(database, store, 'here'));
        const sources = { store, database, now: () => now };
        let windows = new RollingWindows(sources, feed);
        const last = new Map<WindowQuestion, WindowContents>();

        const open = (number: number, cuts: CutStore): Promise<SourceProcessor> =>
          SourceProcessor.open('agent-events', seed * 10 + number, {
            cuts,
            reduce: () => new AgentReduction(false),
            now: () => now,
            times: { longest: 10 * S, idle: 2 * S, ticksOnly: 60 * S },
            horizon: 2 ** 22,
            onReplayDiffers: () => expect.unreachable('a claimed cut gave other counts when it was read again'),
          });

        /** A record of what some agents of a partition have sent, or a tick. */
        const append = (partition: Partition): void => {
          const events = Array.from({ length: chance(0.8) ? Math.ceil(random() * 6) : 0 }, () => {
            const agent = `agent-${seed}-${partition.number}-${Math.floor(random() * AGENTS)}`;
            const ts = Math.floor(now - (chance(0.1) ? random() * 400 * S : random() * 3 * S) + (chance(0.05) ? 30 * S : 0));
            sent.push({ agent, ts, appendedAt: now });
            return {
              agent_id: agent,
              ts,
              message_type: chance(0.3) ? 'error' : 'agent_response',
              model_used: chance(0.5) ? 'small' : 'large',
              response_time_ms: Math.floor(random() * 5_000),
              user_id: `user-${Math.floor(random() * 9)}`,
              output_tokens: Math.floor(random() * 100),
            };
          });
          partition.log.push({
            offset: partition.log.length,
            appendedAt: now,
            key: null,
            value: ndjson(events),
            count: events.length,
            tick: events.length === 0,
          });
        };

        /** Reads what is new; a source that finds that its former holder has made a cut after all begins anew. */
        const read = async (partition: Partition, flush: boolean): Promise<void> => {
          try {
            await partition.processor.records(partition.log.slice(partition.processor.position));
            if (flush) await partition.processor.flush();
          } catch (error) {
            if (!(error instanceof SourceLost)) throw error;
            partition.processor = await open(partition.number, partition.isMine ? mine : plain);
            await read(partition, flush);
          }
        };

        /** As the processors say it every second; what is read elsewhere is known as far as it is stored. */
        const keepProgress = async (): Promise<void> => {
          for (const { processor } of partitions) {
            const events = processor.openCuts.reduce((sum, cut) => sum + cut.read, 0);
            await database.query('update sources set clock_ms = greatest(clock_ms, $2), open_events = $3 where id = $1', [
              processor.source,
              processor.clock,
              events,
            ]);
          }
        };

        const check = async (question: WindowQuestion): Promise<void> => {
          const { set, stepMs, window } = question;
          const contents = windows.read(question);
          const before = last.get(question);
          if (contents === undefined) return;
          last.set(question, contents);
          const { to, byKey } = contents;
          const needed = columnsOf(set, question.measures);
          if (!needed.sketch) expect([...byKey.values()].filter(({ sketch }) => sketch !== null)).toEqual([]);
          const from = to - RULE_WINDOWS[window];
          expect(to).toBeGreaterThanOrEqual(before?.to ?? 0);
          if (set === 'agent') {
            for (const agent of new Set(sent.map((each) => each.agent))) {
              const inWindow = sent.filter((each) => each.agent === agent && each.ts >= from && each.ts < to);
              const messages = byKey.get(agent)?.values[0] ?? 0;
              // Nothing that was appended before its end is missing, and nothing counts twice.
              expect(messages).toBeGreaterThanOrEqual(inWindow.filter(({ appendedAt }) => appendedAt < to).length);
              expect(messages).toBeLessThanOrEqual(inWindow.length);
            }
          }
          if (!partitions.every(({ isMine, processor }) => isMine && processor.openCuts.length > 0)) return;
          const rows = partitions.flatMap(({ processor }) =>
            processor.openCuts.flatMap((cut) =>
              [...cut.reduction.rows(cut.source, cut.seq)].flatMap(bothTiers).filter(({ tier }) => tier === '10s'),
            ),
          );
          const whole = await readWindows(sources, { set, from, to, stepMs, sketches: true, open: rows });
          const figures = (partial: Partial) => [
            needed.columns.map((column) => partial.values[column]),
            needed.sketch ? partial.sketch?.quantile(0.95) : null,
            needed.distinct ? (partial.distinct?.estimate() ?? 0) : null,
          ];
          const expected = [...whole.byKey].map(([key, parts]) => {
            const sum = new Partial(SETS[set]);
            for (const part of parts.values()) sum.merge(part);
            return [key, figures(sum)] as const;
          });
          const held = [...byKey].map(([key, partial]) => [key, figures(partial)] as const);
          const sorted = (list: readonly (readonly [string, unknown])[]) => Object.fromEntries([...list].sort());
          expect(sorted(held)).toEqual(sorted(expected));
        };

        for (const number of [0, 1]) partitions.push({ number, log: [], processor: await open(number, mine), isMine: true });
        let compared = 0;
        for (let step = 0; step < 70; step++) {
          now += Math.ceil(random() * 4) * S;
          for (const partition of partitions) {
            append(partition);
            if (chance(0.04)) {
              // Whoever had it is gone at once, and what was not stored with it.
              partition.isMine = chance(0.6);
              partition.processor = await open(partition.number, partition.isMine ? mine : plain);
            }
            await read(partition, chance(0.1));
          }
          if (chance(0.05)) {
            windows = new RollingWindows(sources, feed);
            last.clear();
          }
          await keepProgress();
          const clocks = await readSourceClocks(database, now);
          await noteSourceClocks(database, clocks);
          await windows.follow(
            QUESTIONS,
            now,
            new Map(clocks.filter(({ source }) => here(source)).map((each) => [each.source, each])),
          );
          for (const question of QUESTIONS) {
            await check(question);
            compared += 1;
          }
        }
        expect(compared).toBe(70 * QUESTIONS.length);
        for (const partition of partitions) await read(partition, true);

        function here(source: number): boolean {
          return partitions.some(({ processor }) => processor.source === source);
        }
      },
    );
  });
});

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
