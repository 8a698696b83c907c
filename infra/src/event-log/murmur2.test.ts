import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './murmur2.ts';

describe('murmur2', () => {
  // From Apache Kafka's own test of Utils.murmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(key)).toBe(hash);
  });

  it('puts every key where the default partitioner of kafkajs puts it', () => {
    const reference = Partitioners.DefaultPartitioner();
    const place = (key: string, partitions: number) =>
      reference({
        topic: 'any',
        partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 0,
          replicas: [],
          isr: [],
        })),
        message: { key, value: null },
      });
    const keys = fc.oneof(
      fc.string({ minLength: 1, maxLength: 40 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        expect(partitionOf(key, partitions)).toBe(place(key, partitions));
      }),
      { numRuns: 2_000 },
    );
  });
});
