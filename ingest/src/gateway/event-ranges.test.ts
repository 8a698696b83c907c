import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NESTING } from '@fleetbeat/contracts/events.ts';
import { HAS_LINE_BREAK, RANGE_STRIDE, splitEvents, TOO_DEEP, type WireFormat } from './event-ranges.ts';

const LIMIT = 1_000;

function split(text: string | Buffer, format: WireFormat = 'json', limit = LIMIT) {
  return splitEvents(Buffer.from(text), format, limit);
}

/** The texts of the ranges of a body, or the code of its refusal. */
function texts(text: string, format: WireFormat = 'json', limit = LIMIT): string[] | string {
  const body = Buffer.from(text);
  const result = splitEvents(body, format, limit);
  if (!result.ok) return result.code;
  const found: string[] = [];
  for (let at = 0; at < result.ranges.length; at += RANGE_STRIDE) {
    found.push(body.toString('utf8', result.ranges[at], result.ranges[at + 1]));
  }
  return found;
}

function flagsOf(text: string, format: WireFormat = 'json'): number[] {
  const result = split(text, format);
  return result.ok ? result.ranges.filter((_, at) => at % RANGE_STRIDE === 2) : [];
}

/** JSON text of a value with white space wherever JSON allows it, drawn from `spaces` in turn. */
function spaced(value: unknown, spaces: readonly string[]): string {
  let turn = 0;
  const space = () => spaces[turn++ % spaces.length] ?? '';
  function write(inner: unknown): string {
    if (Array.isArray(inner)) return `[${space()}${inner.map(write).join(`${space()},${space()}`)}${space()}]`;
    if (typeof inner === 'object' && inner !== null) {
      const members = Object.entries(inner).map(([key, member]) => `${JSON.stringify(key)}${space()}:${space()}${write(member)}`);
      return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
    }
    return JSON.stringify(inner);
  }
  return `${space()}${write(value)}${space()}`;
}

const anyObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }));
const anySpaces = fc.array(fc.constantFrom('', ' ', '\n', '\r\n', '\t', '  \n '), { minLength: 1, maxLength: 7 });

describe('splitting an array', () => {
  it('finds the same values as JSON.parse, however the array is formatted', () => {
    fc.assert(
      fc.property(fc.array(anyObject, { maxLength: 8 }), anySpaces, (events, spaces) => {
        const found = texts(spaced(events, spaces));
        expect((found as string[]).map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(events)));
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, string, string[] | string]>([
    ['an empty array has no events', ' [ ] ', []],
    ['scalars are elements too', '[1, NaN ,"a,b]"]', ['1', 'NaN', '"a,b]"']],
    ['a trailing comma leaves an empty element', '[{"a":1},]', ['{"a":1}', '']],
    ['an escaped quote does not end a string', String.raw`[{"a":"\"},{\\"},2]`, [String.raw`{"a":"\"},{\\"}`, '2']],
    ['an element that is broken inside stays alone', '[{"a":},{"b":1}]', ['{"a":}', '{"b":1}']],
    ['a byte order mark is skipped', '\ufeff[1]', ['1']],
    ['an unclosed array is refused', '[{"a":1},{"b":2}', 'malformed_body'],
    ['an unclosed string is refused', '[{"a":"1},{"b":2}]', 'malformed_body'],
    ['an array closed by a brace is refused', '[{"a":1}}', 'malformed_body'],
    ['anything after the array is refused', '[{"a":1}] x', 'malformed_body'],
    ['a second array is refused', '[1][2]', 'malformed_body'],
  ])('%s', (_, body, expected) => {
    expect(texts(body)).toEqual(expected);
  });

  it('is the same when it comes as NDJSON', () => {
    expect(texts('[1,2]', 'ndjson')).toEqual(['1', '2']);
  });

  it('sees quotes and backslashes in long strings', () => {
    for (const tail of ['', '\\', '"', '\\"', '\\\\']) {
      for (let length = 80; length < 120; length++) {
        const event = { a: 'x'.repeat(length) + tail, b: ['}', tail] };
        expect(texts(JSON.stringify([event, event]))).toEqual([JSON.stringify(event), JSON.stringify(event)]);
      }
    }
  });
});

describe('splitting what is no array', () => {
  it.each<[string, string, WireFormat, string[] | string]>([
    ['one object', '{"a":1}', 'json', ['{"a":1}']],
    ['one pretty-printed object', '{\n "a": {\n "b": 1 }\n}\n', 'json', ['{\n "a": {\n "b": 1 }\n}']],
    ['lines, though announced as JSON', '{"a":1}\n{"b":2}\n', 'json', ['{"a":1}', '{"b":2}']],
    ['lines', '{"a":1}\r\n\n  \n{"b":2}', 'ndjson', ['{"a":1}', '{"b":2}']],
    ['a broken line among lines', '{"a":1}\n{"b":\n{"c":3}', 'ndjson', ['{"a":1}', '{"b":', '{"c":3}']],
    ['a first line that is broken, announced as JSON', '{"a":"1}\n{"b":2}', 'json', ['{"a":"1}', '{"b":2}']],
    ['a broken pretty-printed object is one event', '{\n"a":1,\n"b":[1\n', 'json', ['{\n"a":1,\n"b":[1']],
    ['nothing', '', 'json', 'empty_body'],
    ['white space', ' \n\t\r\n', 'ndjson', 'empty_body'],
    ['a byte order mark alone', '\ufeff', 'json', 'empty_body'],
  ])('%s', (_, body, format, expected) => {
    expect(texts(body, format)).toEqual(expected);
  });

  it('finds every line of NDJSON', () => {
    fc.assert(
      fc.property(fc.array(anyObject, { minLength: 1, maxLength: 8 }), fc.constantFrom('\n', '\r\n', '\n\n'), (events, end) => {
        const lines = events.map((event) => JSON.stringify(event));
        expect(texts(lines.join(end), 'ndjson')).toEqual(lines);
        expect(texts(lines.join(end) + end, 'json')).toEqual(lines);
      }),
    );
  });
});

describe('flags', () => {
  function nested(levels: number): string {
    return '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);
  }

  it('marks events that nest too deep, and only those', () => {
    expect(flagsOf(`[${nested(MAX_NESTING)},${nested(MAX_NESTING + 1)},{}]`)).toEqual([0, TOO_DEEP, 0]);
    expect(flagsOf(`${nested(MAX_NESTING)}\n${nested(MAX_NESTING + 1)}\n{}`, 'ndjson')).toEqual([0, TOO_DEEP, 0]);
    expect(flagsOf(nested(MAX_NESTING))).toEqual([0]);
    expect(flagsOf(nested(MAX_NESTING + 1))).toEqual([TOO_DEEP]);
    expect(flagsOf('['.repeat(100_000))).toEqual([]);
  });

  it('marks events with line breaks between their tokens', () => {
    expect(flagsOf('[\n{"a":1},\n{\n"b":2},\r\n{"c":"\\n"}\n]')).toEqual([0, HAS_LINE_BREAK, 0]);
    expect(flagsOf('{\r"a":1}')).toEqual([HAS_LINE_BREAK]);
  });
});

describe('hostile bodies', () => {
  it('never throw, and give ranges that lie in order within the body', () => {
    const pieces = fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', '\n', '\r', ' ', 'a', '1', '\ud83d', 'é', '\0');
    const bytes = fc.oneof(
      fc.array(pieces, { maxLength: 300 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom<WireFormat>('json', 'ndjson'), (body, format) => {
        const result = splitEvents(body, format, LIMIT);
        if (!result.ok) return;
        let last = 0;
        for (let at = 0; at < result.ranges.length; at += RANGE_STRIDE) {
          const [start = -1, end = -1] = result.ranges.slice(at, at + 2);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(body.length);
          last = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are cut off at the limit of events', () => {
    expect(texts('[1,2,3]', 'json', 3)).toHaveLength(3);
    expect(texts('[1,2,3,4]', 'json', 3)).toBe('too_many_events');
    expect(texts('1\n2\n3\n4', 'ndjson', 3)).toBe('too_many_events');
  });

  it.each([
    ['quotes', '[' + '"'.repeat(4_000_000)],
    ['escaped quotes', '["' + '\\"'.repeat(2_000_000)],
    ['backslashes', '["' + '\\'.repeat(4_000_000)],
    ['brackets', '['.repeat(4_000_000)],
    ['line breaks', '{' + '\n'.repeat(4_000_000)],
    ['spaces', '[' + ' '.repeat(4_000_000)],
  ])('cost time in proportion to their length: %s', (_, body) => {
    const buffer = Buffer.from(body);
    const start = performance.now();
    splitEvents(buffer, 'json', LIMIT);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
