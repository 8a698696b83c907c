import { setTimeout as pause } from 'node:timers/promises';
import { SETS, TIERS, WHOLE, windowStart, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { EVENT_TOPICS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { agentMessage, heartbeat, hostSample, taskEvent } from '@fleetbeat/contracts/testing.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { cancelRecompute } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { bothTiers } from '@fleetbeat/infra/time-series/both-tiers.ts';
import { compactHours } from '@fleetbeat/infra/time-series/compaction.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows } from '@fleetbeat/infra/time-series/read-windows.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cut, type Reduction } from '../engine/cut.ts';
import type { Processor } from '../engine/run-processor.ts';
import { SeenIds } from '../engine/seen-ids.ts';
import { dropReplacedRows } from '../jobs/drop-replaced-rows.ts';
import type { RetentionContext } from '../jobs/retention-context.ts';
import { reconcile } from '../ledger/reconcile.ts';
import { AttemptLost } from './attempt.ts';
import { CannotRecompute } from './cut-replay.ts';
import { ROLLUPS } from './rollups.ts';
import { runRecompute } from './run-recompute.ts';
import { DEPLOYMENTS, openInstallation, type Installation, type Reductions } from './test-installation.ts';

const HOUR = TIERS['1h'];
const NEVER = new AbortController().signal;
/** The first of the three hours that events fall into, the last of which is not recomputed. */
const T = windowStart(Date.now(), HOUR) - 6 * HOUR;
const RANGE = { from: T, to: T + 2 * HOUR };

/** A computation with a bug: every sum and count is twice what it should be, and one key is missing. */
function wrong(reductions: Reductions): Reductions {
  const broken = (make: () => Reduction) => (): Reduction => {
    const reduction = make();
    return {
      add: (event) => reduction.add(event),
      get partials() {
        return reduction.partials;
      },
      *rows(source, seq) {
        for (const row of reduction.rows(source, seq)) {
          if (row.key !== 'agent-7') yield { ...row, values: Float64Array.from(row.values, (value) => 2 * value) };
          // What must not be there any more when all is put right.
          if (row.set === 'message_type') yield { ...row, key: `${row.key}-twice` };
        }
      },
      save: (transaction, cut) => reduction.save(transaction, cut),
      stored: () => undefined,
    };
  };
  return {
    'agent-events': broken(reductions['agent-events']),
    'host-events': broken(reductions['host-events']),
    'task-events': broken(reductions['task-events']),
  };
}

type Published = readonly [topic: EventTopic, key: string, events: readonly object[]];

/** Events of all kinds over three hours, some with an hour that begins in the middle of a record. */
function load(seed: number, count: number): Published[] {
  return Array.from({ length: count }, (_, n): Published => {
    const ts = T + ((seed + n * 7_919_000) % (3 * HOUR));
    if (n % 5 === 3) return ['host-events', `host-${n % 3}`, [hostSample({ host_id: `host-${n % 3}`, ts, cpu_usage: n / 8 })]];
    if (n % 5 === 4) {
      const id = `task-${n % 11}`;
      const done = taskEvent({ task_id: id, status: 'completed', ts: ts + 1, duration_seconds: n, workflow_id: 'flow' });
      return ['task-events', id, [taskEvent({ task_id: id, ts, workflow_id: 'flow' }), done]];
    }
    const agent = `agent-${n % 9}`;
    return [
      'agent-events',
      agent,
      Array.from({ length: 5 }, (_, each) =>
        each === 4
          ? heartbeat({ agent_id: agent, ts })
          : agentMessage({
              agent_id: agent,
              ts: Math.min(T + 3 * HOUR - 1, ts + each * 400_000),
              message_type: each === 3 ? 'error' : 'agent_response',
              model_used: `model-${n % 2}`,
              user_id: `user-${n % 13}`,
              input_tokens: 10 * n,
              output_tokens: n + each,
              response_time_ms: n + each / 4,
              cost_usd: 0.001 * n,
            }),
      ),
    ];
  });
}

/** What the windows of every set must be, made of all events in one go: by set, then `key window`. */
function truth(published: readonly Published[], tierMs: number, range = RANGE): Map<string, Partial> {
  const windows = new Map<string, Partial>();
  for (const topic of EVENT_TOPICS) {
    const cut = new Cut({ topic, source: 1, seq: 0, firstOffset: 0 }, new SeenIds(2 ** 20), ROLLUPS[topic]());
    published
      .filter(([of]) => of === topic)
      .forEach(([, key, events], offset) => {
        const value = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
        cut.add({ offset, appendedAt: Date.now(), key, value, count: events.length, tick: false });
      });
    for (const row of [...cut.reduction.rows(1, 0)].flatMap(bothTiers)) {
      if (row.tier !== '10s' || row.window < range.from || row.window >= range.to) continue;
      const place = `${row.set} ${row.key} ${windowStart(row.window, tierMs)}`;
      const window = windows.get(place) ?? new Partial(SETS[row.set]);
      window.merge(row);
      windows.set(place, window);
    }
  }
  return windows;
}

function contents(windows: Map<string, Partial>): unknown[] {
  return [...windows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, { values, sketch, distinct }]) => [
      place,
      [...values],
      sketch?.count === 0 ? undefined : sketch?.serialize(),
      distinct?.estimate() === 0 ? undefined : distinct?.serialize(),
    ]);
}

describe.each(DEPLOYMENTS)('a recompute on $name', ({ cluster, absent }) => {
  describe.skipIf(absent)('on its real servers', () => {
    let here: Installation;
    let processor: Processor | undefined;
    const published: Published[] = [];

    beforeEach(async () => {
      published.length = 0;
      here = await openInstallation(cluster);
    });
    afterEach(async () => {
      await processor?.stop();
      processor = undefined;
      await here.close();
    });

    async function publish(some: readonly Published[]): Promise<void> {
      for (const each of some) {
        published.push(each);
        await here.publish(...each);
      }
    }

    /** Two out of three hours' worth of wrong rows, duplicates and dead letters among the events; hours compacted. */
    async function fillWrongly(): Promise<void> {
      processor = await here.process(wrong(ROLLUPS));
      const events = load(1, 60);
      await publish(events);
      await here.settled();
      await publish(events.slice(0, 20));
      await here.publish('agent-events', 'agent-1', [{ agent_id: 'agent-1' }, agentMessage({ agent_id: 'agent-1', ts: 1 })]);
      await here.settled();
      await processor.stop();
      processor = undefined;
    }

    async function windows(set: SetName, stepMs: number, range = RANGE): Promise<Map<string, Partial>> {
      const { byKey } = await readWindows(
        { store: here.timeSeries, database: here.database },
        { set, ...range, stepMs, sketches: true },
      );
      return new Map(
        [...byKey].flatMap(([key, ofKey]) => [...ofKey].map(([t, window]) => [`${set} ${key} ${t}`, window] as const)),
      );
    }

    async function everything(stepMs: number, range = RANGE): Promise<unknown[]> {
      const sets = Object.keys(SETS) as SetName[];
      return contents(new Map((await Promise.all(sets.map((set) => windows(set, stepMs, range)))).flatMap((each) => [...each])));
    }

    async function isExact(): Promise<void> {
      for (const tierMs of Object.values(TIERS)) expect(await everything(tierMs)).toEqual(contents(truth(published, tierMs)));
    }

    const compact = () => compactHours({ store: here.timeSeries, database: here.database }, Date.now(), 100);

    /** Output tokens of everything that was there before the recompute, by which an answer shows its version. */
    async function tokensOf(agent: string): Promise<number> {
      const read = await windows('agent', TIERS['1m']);
      let tokens = 0;
      for (const [place, { values }] of read)
        if (place.startsWith(`agent ${agent} `)) tokens += values[COLUMN.events.output_tokens] ?? 0;
      return tokens;
    }

    async function states(): Promise<string[]> {
      const { rows } = await here.database.query<{ state: string }>('select state from recomputes order by id');
      return rows.map(({ state }) => state);
    }

    it(
      'puts wrong rows right in every tier while events go on coming, all at once for readers',
      { timeout: 120_000 },
      async () => {
        await fillWrongly();
        await compact();
        const before = await everything(TIERS['1m']);
        expect(before).not.toEqual(contents(truth(published, TIERS['1m'])));
        const outside = { from: T + 2 * HOUR, to: T + 3 * HOUR };
        const untouched = await everything(TIERS['10s'], outside);
        const [twice, once] = [await tokensOf('agent-1'), (await tokensOf('agent-1')) / 2];

        processor = await here.process(ROLLUPS);
        // For agents of their own, so that an answer about the first ones is of one version or the other.
        const coming = load(2, 60).map(([topic, key, events]): Published => {
          const renamed = JSON.parse(JSON.stringify(events).replaceAll(`"${key}"`, `"new-${key}"`)) as object[];
          return [topic, `new-${key}`, renamed];
        });
        let over = false;
        const seen = new Set<number>();
        const streaming = (async () => {
          for (const each of coming) await Promise.all([publish([each]), pause(20)]);
        })();
        const watching = (async () => {
          while (!over) seen.add(await tokensOf('agent-1'));
        })();
        const attempt = await here.begin(RANGE);
        const told: number[] = [];
        await runRecompute(here.parts(ROLLUPS), attempt, NEVER, ({ recordsRead }) => told.push(recordsRead));
        over = true;
        await watching;
        await streaming;
        await here.settled();

        expect([...seen].filter((tokens) => tokens !== twice && tokens !== once)).toEqual([]);
        expect(await tokensOf('agent-1')).toBe(once);
        expect(told.at(-1)).toBeGreaterThan(0);
        await isExact();
        await compact();
        await isExact();
        const { rows: open } = await here.database.query('select 1 from compacted_hours where merged < touched');
        expect(open).toEqual([]);
        const ofFirst = (rows: unknown[]) => rows.filter((row) => String((row as unknown[])[0]).startsWith('agent agent-'));
        expect(ofFirst(await everything(TIERS['10s'], outside))).toEqual(ofFirst(untouched));
      },
    );

    it('leaves a ledger that adds up', async () => {
      processor = await here.process(ROLLUPS);
      await publish(load(1, 40));
      await here.settled();
      await runRecompute(here.parts(ROLLUPS), await here.begin(RANGE), NEVER);
      const round = () =>
        reconcile({ database: here.database, store: here.timeSeries, keeping: { raw: 0, '1m': 30 * 24 * HOUR }, now: Date.now });
      await round();
      await round();
      const { rows } = await here.database.query(`select kind, expected, found from ledger_findings where kind not like 'raw%'`);
      expect(rows).toEqual([]);
    });

    it('that is aborted anywhere changes nothing, and succeeds when it is begun again', { timeout: 90_000 }, async () => {
      await fillWrongly();
      const before = await everything(TIERS['10s']);
      for (const writes of [0, 1, 2]) {
        const abort = new AbortController();
        let left = writes;
        const timeSeries: Installation['timeSeries'] = {
          ...here.timeSeries,
          write: async (rows, transaction) => {
            await here.timeSeries.write(rows, transaction);
            if (left-- === 0) abort.abort(new Error('killed'));
          },
        };
        const attempt = await here.begin(RANGE);
        const run = runRecompute({ ...here.parts(ROLLUPS), timeSeries }, attempt, abort.signal);
        // A large range has many writes; here one may be all there is.
        if (writes < 1) await expect(run).rejects.toThrow('killed');
        else await run.catch(() => undefined);
        if ((await states()).at(-1) === 'done') break;
        expect(await everything(TIERS['10s'])).toEqual(before);
        await here.database.query(
          `update recomputes set heard_at = clock_timestamp() - interval '1 minute' where state = 'running'`,
        );
      }
      if ((await states()).at(-1) !== 'done') await runRecompute(here.parts(ROLLUPS), await here.begin(RANGE), NEVER);
      await isExact();
      expect((await states())[0]).toBe('failed');
    });

    it('that is cancelled ends, and none of its rows stay', async () => {
      await fillWrongly();
      const before = await everything(TIERS['10s']);
      const attempt = await here.begin(RANGE);
      const timeSeries: Installation['timeSeries'] = {
        ...here.timeSeries,
        write: async (rows, transaction) => {
          await here.timeSeries.write(rows, transaction);
          await inTransaction(here.database, (other) => cancelRecompute(other, attempt.id));
        },
      };
      await expect(runRecompute({ ...here.parts(ROLLUPS), timeSeries }, attempt, NEVER)).rejects.toThrow(AttemptLost);
      expect(await everything(TIERS['10s'])).toEqual(before);
      expect(await states()).toEqual(['cancelled']);

      await runRecompute(here.parts(ROLLUPS), await here.begin(RANGE), NEVER);
      await runRecompute(here.parts(ROLLUPS), await here.begin({ from: T + HOUR, to: T + 2 * HOUR }), NEVER);
      await here.database.query(`update replaced_rows set replaced_at = clock_timestamp() - interval '1 hour'`);
      await dropReplacedRows({ ...here, signal: NEVER } as unknown as RetentionContext);
      await isExact();
      const { rows } = await here.database.query('select * from replaced_rows');
      expect(rows).toEqual([]);
      if (!cluster) {
        const { rows: left } = await here.database.query<{ version: number }>(
          `select distinct seq / 68719476736 as version from event_partials where tier_s < 3600 and window_start < $1 order by 1`,
          [RANGE.to],
        );
        expect(left.map(({ version }) => version)).toEqual([2, 3]);
      }
    });

    it('refuses a second one, a log that has lost events, and a cut that reads otherwise', async () => {
      await fillWrongly();
      const attempt = await here.begin(RANGE);
      await expect(here.begin(RANGE)).rejects.toThrow('recompute 1, asked for by test, is under way from a command line');
      // As if what has been read had been other events.
      await here.database.query('update cuts set aggregated = aggregated + 1, read = read + 1 where aggregated > 0');
      await expect(runRecompute(here.parts(ROLLUPS), attempt, NEVER)).rejects.toThrow(CannotRecompute);
      await here.database.query(
        `update recomputes set heard_at = clock_timestamp() - interval '1 minute' where state = 'running'`,
      );
      const lost: Installation['eventLog'] = {
        ...here.eventLog,
        offsets: async (topic) => (await here.eventLog.offsets(topic)).map((each) => ({ ...each, start: each.end })),
      };
      const since = new Date(T + 3 * HOUR).toISOString();
      await expect(runRecompute({ ...here.parts(ROLLUPS), eventLog: lost }, await here.begin(RANGE), NEVER)).rejects.toThrow(
        `the log no longer has every event that happened before ${since}`,
      );
    });
  });
});

/** The fleet is one key over all sources; what it must be follows from the agents. */
describe('the truth of these tests', () => {
  it('adds up by hand', () => {
    const published = load(1, 60);
    const events = published
      .filter(([topic]) => topic === 'agent-events')
      .flatMap(([, , all]) => all as { ts: number; output_tokens?: number }[]);
    const tokens = events.filter(({ ts }) => ts < RANGE.to).reduce((sum, { output_tokens: n = 0 }) => sum + n, 0);
    let found = 0;
    for (const [place, { values }] of truth([...published, ...published], HOUR)) {
      if (place.startsWith(`fleet ${WHOLE} `)) found += values[COLUMN.events.output_tokens] ?? 0;
    }
    expect(found).toBe(tokens);
  });
});
