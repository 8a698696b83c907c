import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAppendQueue, MAX_RECORD_BYTES, type AppendLimits } from './append-queue.ts';
import { LogUnavailable, type NewRecord } from './event-log.ts';

const LIMITS: AppendLimits = {
  groupBytes: 10_000,
  partitionBytes: 5_000,
  groupRecords: 10,
  queueBytes: 100_000,
  spacingMs: 0,
  deadlineMs: 1_000,
};

/** A log that takes a group when it is told to. */
function slowLog(limits: Partial<AppendLimits> = {}) {
  const groups: string[][] = [];
  const underWay: { settle: (error?: Error) => void }[] = [];
  const queue = createAppendQueue(
    (records) =>
      new Promise<void>((resolve, reject) => {
        groups.push(records.map(({ value }) => Buffer.from(value).toString().trim()));
        underWay.push({ settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    { ...LIMITS, ...limits },
  );
  /** Settles the group under way and lets the next one start. */
  const settle = async (error?: Error) => {
    underWay.shift()?.settle(error);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { queue, groups, settle, isBusy: () => underWay.length > 0 };
}

function record(value: string, partition = 0, size = value.length): NewRecord {
  return { topic: 'agent-events', partition, key: null, value: Buffer.from(value.padEnd(size)), count: 1 };
}

describe('append queue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends what comes together as one group, and what comes meanwhile as the next', async () => {
    const { queue, groups, settle } = slowLog();
    const done: string[] = [];
    const append = (...values: string[]) =>
      queue.append(values.map((value) => record(value))).then(() => done.push(values.join()));
    void append('a', 'b');
    void append('c');
    await vi.advanceTimersByTimeAsync(0);
    void append('d');
    void append('e');
    expect(groups).toEqual([['a', 'b', 'c']]);
    expect(done).toEqual([]);
    await settle();
    expect(done).toEqual(['a,b', 'c']);
    expect(groups[1]).toEqual(['d', 'e']);
    await settle();
    expect(done).toEqual(['a,b', 'c', 'd', 'e']);
  });

  it('keeps groups within their bounds and the order of the records', async () => {
    const { queue, groups, settle, isBusy } = slowLog();
    const all = Promise.all([
      queue.append(Array.from({ length: 25 }, (_, i) => record(`r${i}`))),
      queue.append([record('p0', 0, 3_000), record('p0 again', 0, 3_000), record('p1', 1, 3_000)]),
      queue.append([record('large', 0, 50_000), record('small')]),
    ]);
    await vi.advanceTimersByTimeAsync(0);
    while (isBusy()) await settle();
    await all;
    expect(groups.map((group) => group.length)).toEqual([10, 10, 6, 2, 1, 1]);
    expect(groups.flat()).toEqual([...Array.from({ length: 25 }, (_, i) => `r${i}`), 'p0', 'p0 again', 'p1', 'large', 'small']);
  });

  it('tells every caller of a group that failed, and only them', async () => {
    const { queue, settle } = slowLog();
    const first = queue.append([record('a')]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    const second = queue.append([record('b')]);
    await settle(new Error('the server fell over'));
    expect(await first).toBeInstanceOf(LogUnavailable);
    expect(String(await first)).toContain('the server fell over');
    await settle();
    await expect(second).resolves.toBeUndefined();
  });

  it('does not send the rest of a call whose first part failed', async () => {
    const { queue, groups, settle } = slowLog();
    const call = queue.append(Array.from({ length: 15 }, (_, i) => record(`r${i}`))).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    await settle(new Error('no'));
    expect(await call).toBeInstanceOf(LogUnavailable);
    expect(groups).toHaveLength(1);
  });

  it('rejects in bounded time whatever the server does, and does not send what nobody waits for', async () => {
    const { queue, groups, settle } = slowLog();
    const stuck = queue.append([record('stuck')]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    const behind = queue.append([record('behind')]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(800);
    expect(await stuck).toBeInstanceOf(LogUnavailable);
    await vi.advanceTimersByTimeAsync(800);
    expect(await behind).toBeInstanceOf(LogUnavailable);
    await settle();
    expect(groups).toEqual([['stuck']]);
    void queue.append([record('later')]);
    await vi.advanceTimersByTimeAsync(0);
    expect(groups[1]).toEqual(['later']);
  });

  it('refuses more than it may hold, and takes it again when there is room', async () => {
    const { queue, settle, isBusy } = slowLog();
    const waiting = queue.append([record('a', 0, 60_000)]);
    await expect(queue.append([record('b', 0, 60_000)])).rejects.toThrow(LogUnavailable);
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    await waiting;
    const next = queue.append([record('b', 0, 60_000)]);
    await vi.advanceTimersByTimeAsync(0);
    while (isBusy()) await settle();
    await next;
  });

  it('refuses a record that no log takes as a mistake, not as an outage', async () => {
    const { queue } = slowLog();
    await expect(queue.append([record('x', 0, MAX_RECORD_BYTES + 1)])).rejects.toThrow(RangeError);
  });

  it('leaves time between groups where that makes larger ones, but none before the first', async () => {
    const { queue, groups, settle } = slowLog({ spacingMs: 10 });
    void queue.append([record('a')]);
    await vi.advanceTimersByTimeAsync(0);
    expect(groups).toEqual([['a']]);
    void queue.append([record('b')]);
    await settle();
    await vi.advanceTimersByTimeAsync(5);
    void queue.append([record('c')]);
    expect(groups).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6);
    expect(groups[1]).toEqual(['b', 'c']);
  });

  it('closes when what is under way is settled, and takes nothing more', async () => {
    const { queue, settle } = slowLog();
    const appended = queue.append([record('a')]);
    await vi.advanceTimersByTimeAsync(0);
    let closed = false;
    const closing = queue.close().then(() => (closed = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(closed).toBe(false);
    await expect(queue.append([record('b')])).rejects.toThrow(LogUnavailable);
    await settle();
    await appended;
    await closing;
  });
});
