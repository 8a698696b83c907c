import { describe, expect, it } from 'vitest';
import { KafkaPartitionQueue } from './kafka-partition-queue.ts';

type Offered = Parameters<KafkaPartitionQueue['offer']>[0];

/** What kafkajs delivers for offsets `from` to `to` (exclusive) after it asked for `asked`. */
function fetched(from: number, to: number, asked = from, valueBytes = 1): Offered & { resolved: string[] } {
  const resolved: string[] = [];
  const messages = Array.from({ length: to - from }, (_, i) => ({
    offset: String(from + i),
    timestamp: '1790000000000',
    key: null,
    value: Buffer.alloc(valueBytes),
    headers: { count: Buffer.from('2') },
    attributes: 0,
  }));
  return {
    resolved,
    resolveOffset: (offset) => resolved.push(offset),
    batch: {
      topic: 't',
      partition: 0,
      highWatermark: String(to),
      messages,
      fetchedOffset: String(asked),
      lastOffset: () => String(to - 1),
    } as unknown as Offered['batch'],
  };
}

function control(start = 0, end = 100) {
  const calls: string[] = [];
  const bounds = { start, end };
  const queue = new KafkaPartitionQueue({
    seek: (offset) => calls.push(`seek ${offset}`),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    bounds: () => Promise.resolve(bounds),
  });
  const { signal } = new AbortController();
  const next = async (offset: number) => {
    const { records, nextOffset } = await queue.next(offset, signal);
    return { offsets: records.map((record) => record.offset), nextOffset };
  };
  return { queue, calls, next, bounds };
}

describe('Kafka partition queue', () => {
  it('fetches nothing before the reader has said where to start', async () => {
    const { queue, calls, next } = control();
    queue.rejoin();
    expect(calls).toEqual(['pause']);
    queue.offer(fetched(0, 5));
    const first = next(7);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    expect(calls).toContain('seek 7');
    queue.offer(fetched(7, 9));
    expect(await first).toEqual({ offsets: [7, 8], nextOffset: 9 });
  });

  it('leaves out what lies below the offset asked for', async () => {
    const { queue, calls, next } = control();
    const first = next(3);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    queue.offer(fetched(0, 5));
    expect(await first).toEqual({ offsets: [3, 4], nextOffset: 5 });
  });

  it('refuses a batch that does not follow, and asks again for what must come', async () => {
    const { queue, calls, next } = control();
    const first = next(0);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    const stray = fetched(50, 60);
    queue.offer(stray);
    expect(stray.resolved).toEqual([]);
    await expect.poll(() => calls.filter((call) => call === 'seek 0')).toHaveLength(2);
    queue.offer(fetched(0, 2));
    expect(await first).toEqual({ offsets: [0, 1], nextOffset: 2 });
  });

  it('goes on at the start of the log where the rest is gone', async () => {
    const { queue, calls, next, bounds } = control();
    const first = next(10);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    bounds.start = 40;
    queue.offer(fetched(40, 42));
    await expect.poll(() => calls.at(-1)).toBe('seek 40');
    queue.offer(fetched(40, 42));
    expect(await first).toEqual({ offsets: [40, 41], nextOffset: 42 });
  });

  it('does not take a batch from before the reader went back', async () => {
    const { queue, calls, next } = control();
    const first = next(0);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    queue.offer(fetched(0, 10));
    await first;
    const again = next(0);
    queue.offer(fetched(10, 20));
    await expect.poll(() => calls.at(-1)).toBe('resume');
    queue.offer(fetched(10, 20));
    queue.offer(fetched(0, 20));
    expect((await again).offsets[0]).toBe(0);
  });

  it('passes over marks of transactions without taking them for a gap', async () => {
    const { queue, calls, next } = control();
    const first = next(0);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    queue.skip(0, 1);
    expect(await first).toEqual({ offsets: [], nextOffset: 2 });
    const second = next(2);
    queue.offer(fetched(2, 3));
    expect(await second).toEqual({ offsets: [2], nextOffset: 3 });
  });

  it('pauses when it holds much, goes on when the reader has caught up, and repeats both after a rejoin', async () => {
    const { queue, calls, next } = control();
    const first = next(0);
    await expect.poll(() => calls.at(-1)).toBe('resume');
    queue.offer(fetched(0, 1, 0, 5_000_000));
    await first;
    for (let offset = 1; offset < 4; offset++) queue.offer(fetched(offset, offset + 1, offset, 4_000_000));
    expect(calls.at(-1)).toBe('pause');
    queue.rejoin();
    expect(calls.slice(-2)).toEqual(['seek 4', 'pause']);
    await next(1);
    expect(calls.at(-1)).toBe('pause');
    await next(2);
    await next(3);
    expect(calls.at(-1)).toBe('resume');
    queue.rejoin();
    expect(calls.slice(-2)).toEqual(['seek 4', 'resume']);
  });
});
