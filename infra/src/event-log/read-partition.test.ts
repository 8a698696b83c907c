import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { LogRecord, Partition, PartitionReader } from './event-log.ts';
import { readPartition, type PartitionSource } from './read-partition.ts';

const PARTITION: Partition = { topic: 'agent-events', partition: 0 };
const logger = pino({ level: 'silent' });
const BACKOFF = { firstBackoffMs: 1, longestBackoffMs: 4 };

function records(from: number, to: number): LogRecord[] {
  return Array.from({ length: to - from }, (_, i) => ({
    offset: from + i,
    appendedAt: 0,
    key: null,
    value: Buffer.alloc(0),
    count: 1,
    tick: false,
  }));
}

/** Ten records at a time, up to `end`; notes what it was asked for and whether it was asked twice at once. */
function source(end: number): PartitionSource & { asked: number[]; overlapped: boolean } {
  let busy = false;
  const self = {
    asked: [] as number[],
    overlapped: false,
    next: async (offset: number) => {
      self.overlapped ||= busy;
      busy = true;
      self.asked.push(offset);
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy = false;
      const to = Math.min(end, offset + 10);
      return { records: records(offset, to), nextOffset: to, endOffset: end };
    },
  };
  return self;
}

/** Runs a reader that starts at the first offset it has not taken, until it has taken `end`. */
async function run(end: number, onBatch: (offsets: number[]) => Promise<void>, from = source(end), log = logger) {
  const calls: string[] = [];
  const taken: number[] = [];
  const stop = new AbortController();
  const reader: PartitionReader = {
    assigned: () => {
      calls.push('assigned');
      return Promise.resolve(taken.length);
    },
    records: async (_, batch) => {
      const offsets = batch.map(({ offset }) => offset);
      await onBatch(offsets);
      taken.push(...offsets);
      if (taken.length >= end) stop.abort();
    },
    revoked: () => {
      calls.push('revoked');
      return Promise.resolve();
    },
  };
  await readPartition(PARTITION, from, reader, stop.signal, log, BACKOFF);
  return { calls, taken, from };
}

describe('readPartition', () => {
  it('hands over everything once and in order, and ends with revoked', async () => {
    const { calls, taken } = await run(35, () => Promise.resolve());
    expect(taken).toEqual(records(0, 35).map(({ offset }) => offset));
    expect(calls).toEqual(['assigned', 'revoked']);
  });

  it('fetches the next batch while the reader is busy with one', async () => {
    const from = source(30);
    const askedDuring: number[] = [];
    await run(
      30,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        askedDuring.push(from.asked.length);
      },
      from,
    );
    expect(askedDuring[0]).toBe(2);
    expect(from.overlapped).toBe(false);
  });

  it('assigns again after a rejection, leaves nothing out and asks for one batch at a time', async () => {
    let calls = 0;
    const outcome = await run(40, () => (++calls % 2 === 1 ? Promise.reject(new Error('not now')) : Promise.resolve()));
    expect(outcome.taken).toEqual(records(0, 40).map(({ offset }) => offset));
    expect(outcome.calls.filter((call) => call === 'assigned').length).toBeGreaterThan(3);
    expect(outcome.from.overlapped).toBe(false);
  });

  it.each([
    ['a failure as an error', new Error('broken'), 50, true],
    [
      'that a reader was overtaken, which is no fault, as information',
      Object.assign(new Error('taken'), { overtaken: true }),
      30,
      false,
    ],
  ])('logs %s', async (_, error, level, hasStack) => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    let isFirst = true;
    await run(
      10,
      () => {
        if (!isFirst) return Promise.resolve();
        isFirst = false;
        return Promise.reject(error);
      },
      source(10),
      log,
    );
    expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([level]);
    expect(lines[0]?.includes('stack')).toBe(hasStack);
  });
});
