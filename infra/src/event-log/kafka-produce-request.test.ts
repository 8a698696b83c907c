import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { crc32c } from './crc32c.ts';
import { encodeProduce, isPlain, type ProduceRequest } from './kafka-produce-request.ts';

// kafkajs as it comes: nothing here imports our kafkajs.ts, which replaces some of these.
const load = createRequire(import.meta.url);
const original = load('kafkajs/src/protocol/requests/produce/v3/request.js') as (request: ProduceRequest) => {
  apiKey: number;
  apiVersion: number;
  encode(): Promise<unknown>;
};
const originalFrame = load('kafkajs/src/protocol/request.js') as (parts: {
  request: object;
  correlationId: number;
  clientId: string;
}) => Promise<{ buffer: Buffer }>;
const originalCrc = load('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

const NOW = 1_790_000_000_123;

describe('encodeProduce', () => {
  afterEach(() => vi.useRealTimers());

  const field = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  const message = fc.record({
    key: fc.option(field),
    value: fc.option(field),
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), field, { maxKeys: 3, noNullPrototype: true }),
  });
  const topicData = fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 40 }),
      partitions: fc.array(fc.record({ partition: fc.nat(100), messages: fc.array(message, { minLength: 1, maxLength: 150 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 3 },
  );

  it('writes the bytes that kafkajs writes', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    await fc.assert(
      fc.asyncProperty(topicData, fc.nat(2 ** 31 - 1), async (data, correlationId) => {
        const request = { acks: -1, timeout: 9_000, transactionalId: null, topicData: data };
        expect(isPlain(request)).toBe(true);
        const ours = encodeProduce(request, 3, correlationId, 'fleetbeat', NOW);
        const theirs = await originalFrame({ request: original(request), correlationId, clientId: 'fleetbeat' });
        expect(ours.equals(theirs.buffer)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves transactions, idempotence, compression, given times and repeated headers to kafkajs', () => {
    const plain: ProduceRequest = { acks: -1, timeout: 1, topicData: [] };
    const withMessage = (more: object): ProduceRequest => ({
      ...plain,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: 'v', ...more }] }] }],
    });
    expect(isPlain(withMessage({}))).toBe(true);
    expect(isPlain({ ...plain, transactionalId: 'x' })).toBe(false);
    expect(isPlain({ ...plain, producerId: 7 })).toBe(false);
    expect(isPlain({ ...plain, compression: 1 })).toBe(false);
    expect(isPlain(withMessage({ timestamp: '1' }))).toBe(false);
    expect(isPlain(withMessage({ headers: { a: ['b', 'c'] } }))).toBe(false);
  });
});

describe('crc32c', () => {
  it('is the checksum of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
  });

  it('agrees with kafkajs on any bytes and any part of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(50), (array, start) => {
        const bytes = Buffer.from(array);
        const from = Math.min(start, bytes.length);
        expect(crc32c(bytes, from, bytes.length)).toBe(originalCrc(bytes.subarray(from)));
      }),
    );
  });
});
