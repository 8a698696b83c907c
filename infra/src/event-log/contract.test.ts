import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_PARTITIONS, TOPICS } from '@fleetbeat/contracts/events.ts';
import { openDatabase } from '../database/open.ts';
import { kafkaBrokers } from '../testing/servers.ts';
import { LogUnavailable, type EventLog, type LogRecord } from './event-log.ts';
import { createKafkaEventLog } from './kafka.ts';
import { createPostgresEventLog } from './postgres.ts';
import {
  inWorld,
  kafkaWorld,
  logger,
  PARTITION,
  postgresWorld,
  range,
  record,
  recorder,
  WAIT,
  type World,
} from './test-worlds.ts';

describe('event log on Postgres', () => {
  contract(postgresWorld, () =>
    createPostgresEventLog(openDatabase('postgresql://nobody:secret@127.0.0.1:9/nothing', logger), logger),
  );
});

describe.skipIf(kafkaBrokers() === null)('event log on Kafka', () => {
  contract(kafkaWorld, () => createKafkaEventLog(['127.0.0.1:9'], logger));
});

/** What every event log does. `unreachable` opens one whose server is not there. */
function contract(create: () => Promise<World>, unreachable: () => EventLog): void {
  const world = inWorld(create);

  describe('topics', () => {
    it('are created with their partitions, by several processes at once, and stay as they are', async () => {
      const log = await world.log();
      const others = [world.get().open(), world.get().open()];
      await Promise.all([log, ...others].map((each) => each.createTopics()));
      for (const topic of TOPICS) expect(await log.partitionCount(topic)).toBe(DEFAULT_PARTITIONS[topic]);
      expect(await log.offsets('task-events')).toEqual(
        range(0, DEFAULT_PARTITIONS['task-events']).map((partition) => ({ topic: 'task-events', partition, start: 0, end: 0 })),
      );
      await Promise.all(others.map((other) => other.close()));
    });
  });

  describe('append', () => {
    it('keeps keys, counts, ticks, requests and bytes as they are', async () => {
      const log = await world.log();
      const bytes = Buffer.from(range(0, 256));
      const before = Date.now();
      await log.append([
        record(bytes, { key: 'agent-1', count: 3, requestId: 'a-1.b:c/d+e=f_g' }),
        record('', { key: null, count: 0, tick: true }),
        record('ü', { key: 'ключ \u0000 🤖' }),
      ]);
      const reader = recorder();
      await log.consume('all', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.of(PARTITION)).toHaveLength(3), WAIT);
      const [first, second, third] = reader.of(PARTITION);
      expect(first).toMatchObject({ offset: 0, key: 'agent-1', count: 3, tick: false, requestId: 'a-1.b:c/d+e=f_g' });
      expect(second?.requestId).toBeUndefined();
      expect(first?.value.equals(bytes)).toBe(true);
      expect(second).toMatchObject({ offset: 1, key: null, count: 0, tick: true });
      expect(second?.value).toHaveLength(0);
      expect(third).toMatchObject({ offset: 2, key: 'ключ \u0000 🤖', count: 1, tick: false });
      expect(third?.value.toString()).toBe('ü');
      const times = reader.of(PARTITION).map(({ appendedAt }) => appendedAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(before - 1_000);
      expect(times[2]).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    it('takes a record of 8 MiB among small ones', async () => {
      const log = await world.log();
      const large = randomBytes(8 * 1024 * 1024);
      await log.append([record('before'), record(large), record('after')]);
      const reader = recorder();
      await log.consume('large', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.of(PARTITION)).toHaveLength(3), WAIT);
      expect(reader.of(PARTITION)[1]?.value.equals(large)).toBe(true);
      expect(reader.of(PARTITION)[2]?.value.toString()).toBe('after');
    });

    it('refuses what can never be appended, without harm to others', async () => {
      const log = await world.log();
      await log.partitionCount('agent-events');
      const good = log.append([record('good')]);
      await expect(log.append([record('x', { partition: 99 })])).rejects.toThrow(RangeError);
      await expect(log.append([record(Buffer.alloc(16 * 1024 * 1024))])).rejects.toThrow(RangeError);
      await good;
      expect((await log.offsets('agent-events'))[0]?.end).toBe(1);
    });

    it('says that the log is unavailable where the server is not there', async () => {
      const log = unreachable();
      const began = performance.now();
      await expect(log.append([record('x')])).rejects.toThrow(LogUnavailable);
      expect(performance.now() - began).toBeLessThan(20_000);
      await expect(log.ping()).rejects.toThrow();
      await log.close();
    });
  });

  describe('order', () => {
    it('gives each record one offset, without gaps, and shows them in order to whoever reads meanwhile', async () => {
      const log = await world.log();
      const reader = recorder();
      await log.consume('meanwhile', ['agent-events'], reader);
      const others = [log, world.get().open(), world.get().open()];
      const partitions = range(0, DEFAULT_PARTITIONS['agent-events']);
      const rounds = 40;
      await Promise.all(
        others.flatMap((other, process) =>
          range(0, 4).map(async (caller) => {
            for (const round of range(0, rounds)) {
              // Several partitions in changing order, so that appends in two orders would wait for each other.
              const order = (round + caller + process) % 2 === 0 ? partitions : [...partitions].reverse();
              await other.append(order.map((partition) => record(`${process}/${caller} ${round}`, { partition })));
            }
          }),
        ),
      );
      const expected = others.length * 4 * rounds;
      for (const partition of partitions) {
        const place = { ...PARTITION, partition };
        await vi.waitFor(() => expect(new Set(reader.values(place)).size).toBe(expected), WAIT);
        // A client of Kafka sends again what a busy broker was too slow to acknowledge: at least once, never with a gap.
        const appended = log.engine === 'postgres' ? expected : reader.of(place).length;
        expect(reader.offsets(place)).toEqual(range(0, appended));
        // What one caller appended one after the other is in that order.
        const rows = new Map<string, number[]>();
        for (const value of new Set(reader.values(place))) {
          const [caller = '', round] = value.split(' ');
          rows.set(caller, [...(rows.get(caller) ?? []), Number(round)]);
        }
        expect(rows.size).toBe(others.length * 4);
        for (const row of rows.values()) expect(row).toEqual(range(0, rounds));
      }
      await Promise.all(others.slice(1).map((other) => other.close()));
    });

    it('keeps the order of one append', async () => {
      const log = await world.log();
      await log.append(range(0, 500).map((i) => record(String(i))));
      const reader = recorder();
      await log.consume('order', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.of(PARTITION)).toHaveLength(500), WAIT);
      expect(reader.values(PARTITION)).toEqual(range(0, 500).map(String));
    });
  });

  describe('consume', () => {
    it('starts where the reader says, and tells where the log ends', async () => {
      const log = await world.log();
      await log.append(range(0, 10).map((i) => record(String(i))));
      const reader = recorder({ start: () => 6 });
      const subscription = await log.consume('some', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.offsets(PARTITION)).toEqual([6, 7, 8, 9]), WAIT);
      expect(reader.endOffset).toBe(10);
      await subscription.stop();
      expect(reader.held()).toEqual([]);
    });

    it('waits where the reader is ahead of the log, and gives it nothing below', async () => {
      const log = await world.log();
      await log.append([record('0'), record('1')]);
      const reader = recorder({ start: ({ partition }) => (partition === 0 ? 4 : 0) });
      await log.consume('ahead', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.idle).toBeGreaterThan(2), WAIT);
      await log.append([record('2'), record('3'), record('4'), record('5')]);
      await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(['4', '5']), WAIT);
    });

    it('calls with no records at least once a second while there is nothing', async () => {
      const log = await world.log();
      const calls: number[] = [];
      const reader = recorder({
        onRecords: ({ partition }, records) => {
          expect(records).toHaveLength(0);
          if (partition === 0) calls.push(performance.now());
          return Promise.resolve();
        },
      });
      await log.consume('idle', ['agent-events'], reader);
      await vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(5), WAIT);
      const pauses = calls.slice(1).map((at, i) => at - (calls[i] ?? 0));
      expect(Math.max(...pauses)).toBeLessThan(1_000);
    });

    it('assigns a partition again after a rejection, and nothing is left out', async () => {
      const log = await world.log();
      let failures = 3;
      const reader = recorder({
        onRecords: (_, records) =>
          records.length > 0 && failures-- > 0 ? Promise.reject(new Error('not now')) : Promise.resolve(),
      });
      await log.append(range(0, 20).map((i) => record(String(i))));
      await log.consume('stumbling', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.of(PARTITION).length).toBeGreaterThanOrEqual(20), WAIT);
      await log.append([record('20')]);
      await vi.waitFor(() => expect(reader.of(PARTITION).length).toBeGreaterThanOrEqual(21), WAIT);
      expect(reader.offsets(PARTITION)).toEqual(range(0, 21));
      expect(reader.assignments.filter(({ partition }) => partition === 0)).toHaveLength(4);
    });

    it('shares partitions between members and passes them on when one leaves', async () => {
      const log = await world.log();
      const other = world.get().open();
      const all = range(0, DEFAULT_PARTITIONS['agent-events']).map((partition) => `agent-events/${partition}`);
      // Both processes keep what is processed in one place, as cuts are.
      const done = new Map<number, number>();
      const seen: string[] = [];
      const note = ({ partition }: { partition: number }, records: readonly LogRecord[]) => {
        for (const each of records) seen.push(each.value.toString());
        const newest = records.at(-1);
        if (newest !== undefined) done.set(partition, newest.offset + 1);
        return Promise.resolve();
      };
      const start = ({ partition }: { partition: number }) => done.get(partition) ?? 0;
      const first = recorder({ start, onRecords: note });
      const second = recorder({ start, onRecords: note });
      let appended = 0;
      const appendSome = () =>
        log.append(range(0, 4).flatMap((partition) => range(0, 5).map(() => record(String(appended++), { partition }))));

      const firstSubscription = await log.consume('shared', ['agent-events'], first);
      await vi.waitFor(() => expect(first.held()).toEqual(all), WAIT);
      await appendSome();
      const secondSubscription = await other.consume('shared', ['agent-events'], second);
      await vi.waitFor(() => {
        expect(second.held()).toHaveLength(2);
        expect([...first.held(), ...second.held()].sort()).toEqual(all);
      }, WAIT);
      await appendSome();
      await vi.waitFor(() => expect(new Set(seen).size).toBe(appended), WAIT);
      await firstSubscription.stop();
      expect(first.held()).toEqual([]);
      await vi.waitFor(() => expect(second.held()).toEqual(all), WAIT);
      await appendSome();
      await vi.waitFor(() => expect(new Set(seen).size).toBe(appended), WAIT);
      await secondSubscription.stop();
      await other.close();
    });

    it('stops only when the call under way has ended, and can be stopped twice', async () => {
      const log = await world.log();
      await log.append([record('a')]);
      let begun = false;
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const reader = recorder({
        onRecords: async (_, records) => {
          if (records.length === 0) return;
          begun = true;
          await held;
        },
      });
      const subscription = await log.consume('slow', ['agent-events'], reader);
      await vi.waitFor(() => expect(begun).toBe(true), WAIT);
      let stopped = false;
      const stopping = subscription.stop().then(() => (stopped = true));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(stopped).toBe(false);
      release();
      await stopping;
      expect(reader.held()).toEqual([]);
      await subscription.stop();
    });

    it('takes commits for lag tools, which change nothing for a reader', async () => {
      const log = await world.log();
      await log.append([record('a'), record('b')]);
      const reader = recorder();
      const subscription = await log.consume('committing', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.of(PARTITION)).toHaveLength(2), WAIT);
      await log.commit('committing', PARTITION, 2);
      await subscription.stop();
      const again = recorder();
      await log.consume('committing', ['agent-events'], again);
      await vi.waitFor(() => expect(again.values(PARTITION)).toEqual(['a', 'b']), WAIT);
    });
  });

  describe('tail', () => {
    it('brings what is appended from now on to everybody who asks', async () => {
      const log = await world.log();
      const other = world.get().open();
      await log.append([record('before', { topic: 'live' })]);
      const seen: string[][] = [[], []];
      const tails = await Promise.all(
        [log, other].map((each, i) =>
          each.tail('live', (records) => seen[i]?.push(...records.map(({ value }) => value.toString()))),
        ),
      );
      await log.append([record('one', { topic: 'live' })]);
      await log.append([record('two', { topic: 'live' })]);
      await vi.waitFor(
        () =>
          expect(seen).toEqual([
            ['one', 'two'],
            ['one', 'two'],
          ]),
        WAIT,
      );
      await Promise.all(tails.map((tail) => tail.stop()));
      await other.close();
    });
  });

  describe('offsets, ping and close', () => {
    it('tells where partitions begin and end', async () => {
      const log = await world.log();
      await log.append([record('a'), record('b'), record('c', { partition: 2 })]);
      expect((await log.offsets('agent-events')).map(({ partition, start, end }) => [partition, start, end])).toEqual([
        [0, 0, 2],
        [1, 0, 0],
        [2, 0, 1],
        [3, 0, 0],
      ]);
      await log.ping();
    });

    it('stops everything on close, twice without complaint, and takes no more', async () => {
      const log = await world.log();
      const reader = recorder();
      await log.consume('closing', ['agent-events'], reader);
      await vi.waitFor(() => expect(reader.held()).toHaveLength(4), WAIT);
      await log.close();
      expect(reader.held()).toEqual([]);
      await log.close();
      await expect(log.append([record('x')])).rejects.toThrow(LogUnavailable);
    });
  });
}
