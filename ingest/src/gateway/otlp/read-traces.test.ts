import fc from 'fast-check';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { agentEventSchema, MAX_EVENT_BYTES } from '@fleetbeat/contracts/events.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { describe, expect, it } from 'vitest';
import { readTraces } from './read-traces.ts';

type Value = string | number | boolean | bigint | Value[] | { [key: string]: Value };

/** A request with one call that has these attributes, in JSON. */
function inJson(attributes: Readonly<Record<string, Value>>): Buffer {
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    endTimeUnixNano: '1790000000123456789',
    attributes: pairsInJson({ 'gen_ai.operation.name': 'chat', 'gen_ai.agent.name': 'a', ...attributes }),
  };
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
}

function pairsInJson(values: Readonly<Record<string, Value>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueInJson(value) }));
}

function valueInJson(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueInJson) } };
  return { kvlistValue: { values: pairsInJson(value) } };
}

/** The same in protobuf. */
function inProtobuf(attributes: Readonly<Record<string, Value>>): Buffer {
  const writer = new BinaryWriter();
  const open = (field: number) => writer.tag(field, WireType.LengthDelimited).fork();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  function pairs(field: number, values: Readonly<Record<string, Value>>): void {
    for (const [key, value] of Object.entries(values)) {
      open(field);
      text(1, key);
      open(2);
      put(value);
      writer.join();
      writer.join();
    }
  }
  function put(value: Value): void {
    if (typeof value === 'string') text(1, value);
    else if (typeof value === 'boolean') writer.tag(2, WireType.Varint).bool(value);
    else if (typeof value === 'bigint') writer.tag(3, WireType.Varint).int64(value);
    else if (typeof value === 'number') writer.tag(4, WireType.Bit64).double(value);
    else if (Array.isArray(value)) {
      open(5);
      for (const item of value) {
        open(1);
        put(item);
        writer.join();
      }
      writer.join();
    } else {
      open(6);
      pairs(1, value);
      writer.join();
    }
  }
  open(1);
  open(2);
  open(2);
  writer.tag(1, WireType.LengthDelimited).bytes(Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'));
  writer.tag(2, WireType.LengthDelimited).bytes(Buffer.from('b7ad6b7169203331', 'hex'));
  writer.tag(8, WireType.Bit64).fixed64(1_790_000_000_123_456_789n);
  pairs(9, { 'gen_ai.operation.name': 'chat', 'gen_ai.agent.name': 'a', ...attributes });
  writer.join().join().join();
  return Buffer.from(writer.finish());
}

async function eventOf(body: Buffer, encoding: 'json' | 'protobuf'): Promise<Record<string, unknown>> {
  const { lines } = await readTraces(body, encoding);
  return agentEventSchema.parse(JSON.parse(lines.toString()));
}

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__');
const value = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('traces', () => {
  it('are the same events in both encodings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 8 }), async (attributes) => {
        const event = await eventOf(inProtobuf(attributes), 'protobuf');
        expect(event).toEqual(await eventOf(inJson(attributes), 'json'));
        expect(event['ts']).toBe(1_790_000_000_123);
        expect(event['id']).toBe('0af7651916cd43dd8448eb211c80319cb7ad6b7169203331');
      }),
    );
  });

  it('that are damaged are refused with a reason, and nothing else happens', async () => {
    const good = inProtobuf({ text: 'hello', list: [1n, 'two', { three: 3 }] });
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte)),
      fc.nat(good.length).map((length) => good.subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (body) => {
        const problem = await readTraces(Buffer.from(body), 'protobuf').catch((error: unknown) => error);
        if (problem instanceof Error) {
          expect(problem).toBeInstanceOf(HttpProblem);
          expect(problem).toMatchObject({ status: 400, code: 'malformed-body' });
        }
      }),
    );
  });

  it('are bounded in depth', async () => {
    let deep: Value = 'end';
    for (let depth = 0; depth < 40; depth++) deep = [deep];
    for (const [body, encoding] of [[inProtobuf({ deep }), 'protobuf'] as const, [inJson({ deep }), 'json'] as const]) {
      await expect(readTraces(body, encoding)).rejects.toMatchObject({ status: 400, code: 'malformed-body' });
    }
  });

  it('lose texts that are too long for an event, and none of their figures', async () => {
    const talk = 'x'.repeat(40_000);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`part.${n}`, 'y'.repeat(10_000)]));
    const attributes = { 'gen_ai.input.messages': talk, ...many, 'gen_ai.usage.input_tokens': 9_000n };
    for (const [body, encoding] of [[inProtobuf(attributes), 'protobuf'] as const, [inJson(attributes), 'json'] as const]) {
      const event = await eventOf(body, encoding);
      expect(event).toMatchObject({
        input_tokens: 9_000,
        metadata: { left_out: expect.arrayContaining(['gen_ai.input.messages']) as string[] },
      });
      expect(JSON.stringify(event).length).toBeLessThan(MAX_EVENT_BYTES);
    }
  });
});
