import fc from 'fast-check';
import { DETECTORS, NO_REDACTION, type RedactionSettings } from '@fleetbeat/contracts/redaction.ts';
import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { createRedaction, type Redaction } from '@fleetbeat/infra/redaction/redaction.ts';
import { hashHi, hashLo, hashString } from '@fleetbeat/infra/time-series/hash64.ts';
import { expect, test } from 'vitest';
import { AgentReduction } from '../agent-reduction.ts';
import { Cut } from '../engine/cut.ts';
import { SeenIds } from '../engine/seen-ids.ts';
import { createCutPrivacy } from './cut-privacy.ts';
import type { WatchedErasures } from './watch-erasures.ts';

const NOW = 1_800_000_000_000;

function erasuresOf(user: string | null): WatchedErasures {
  const [hi, lo] = user === null ? [] : (hashString(user), [hashHi, hashLo]);
  const nothing = () => Promise.resolve();
  return {
    some: user !== null,
    version: 1,
    of: (userHi, userLo) => (userHi === hi && userLo === lo ? { id: 1, coversUntil: NOW } : undefined),
    refresh: nothing,
    stop: nothing,
  };
}

function cutOf(values: readonly Buffer[], redaction: Redaction | null, user: string | null): Cut {
  const reduction = new AgentReduction(true, createCutPrivacy({ redaction: { current: redaction }, erasures: erasuresOf(user) }));
  const cut = new Cut({ topic: 'agent-events', source: 1, seq: 0, firstOffset: 0 }, new SeenIds(1_000), reduction);
  values.forEach((value, offset) => {
    const record: LogRecord = { offset, appendedAt: NOW + offset, key: null, value, count: null, tick: false };
    cut.add(record);
  });
  return cut;
}

/** All that is told of a cut but its raw events and the bytes of its dead letters. */
function countedIn(cut: Cut): unknown {
  const { read, aggregated, duplicate, deadCount, late, bytes, hours, duplicates, endOffset } = cut;
  return {
    ...{ read, aggregated, duplicate, deadCount, late, hours, duplicates, endOffset },
    isFull: cut.isFull(),
    bytes: deadCount === 0 ? bytes : null,
    hashes: [...cut.hashes],
    rows: [...cut.reduction.rows(1, 0)],
    letters: cut.deadLetters.map(({ offset, position, code, key }) => ({ offset, position, code, key })),
  };
}

const content = fc.array(fc.constantFrom('jane@x.com', '4111111111111111', ' ', '"', '\\', 'é', '{', '}', ',"ts":5', 'x'), {
  maxLength: 6,
});
const event = fc
  .record({
    id: fc.constantFrom('1', '2', 'jane@x.com'),
    agent_id: fc.constantFrom('a', 'b'),
    user_id: fc.constantFrom('joe', 'jane@x.com'),
    content: content.map((parts) => parts.join('')),
    metadata: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }),
    input_tokens: fc.nat(9),
    ts: fc.integer({ min: NOW - 7_200_000, max: NOW }),
  })
  .map((fields) => ndjson([agentMessage(fields)]));
/** Lines that are almost events. */
const broken = fc.tuple(event, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
  const changed = Buffer.from(bytes);
  changed[at % changed.length] = byte;
  return changed;
});
const record = fc.array(fc.oneof(event, broken), { minLength: 1, maxLength: 4 }).map((lines) => {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));
});
const settings: fc.Arbitrary<RedactionSettings> = fc.record({
  enabled: fc.constant(true),
  detectors: fc.subarray([...DETECTORS]),
  patterns: fc.constantFrom<RedactionSettings['patterns']>(
    [],
    [{ name: 'any', pattern: '.' }],
    [{ name: 'q', pattern: '["{},]+' }],
  ),
  replace: fc.constantFrom('label', 'hash', 'remove'),
  fields: fc.constantFrom<string[]>(['*'], NO_REDACTION.fields),
  drop: fc.constantFrom<string[]>([], ['*'], ['metadata']),
});

test('whatever is redacted and whoever is erased, a cut counts the same', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 5 }),
      settings,
      fc.constantFrom(null, 'joe', 'jane@x.com'),
      (values, chosen, user) => {
        const plain = cutOf(values, null, null);
        const kept = cutOf(values, createRedaction(chosen, 'a secret'), user);
        expect(countedIn(kept)).toEqual(countedIn(plain));
      },
    ),
    { numRuns: 200 },
  );
});
