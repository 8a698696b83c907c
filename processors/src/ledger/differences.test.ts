import { describe, expect, it } from 'vitest';
import {
  compareAgent,
  compareCuts,
  isOutlived,
  judge,
  type Comparison,
  type CutReading,
  type Kind,
  type OpenFinding,
} from './differences.ts';

const HOUR = 3_600_000;

function cut(seq: number, changes: Partial<CutReading> = {}): CutReading {
  const whole = { expired: 0, aggregated: 5, inHours: 5, oldestHour: 100 * HOUR, rawEvents: 5 };
  return { seq, firstOffset: seq * 10, endOffset: (seq + 1) * 10, ...whole, ...changes };
}

function differencesOf(cuts: readonly CutReading[], previous: CutReading | null = null, rawSince = 0): unknown[] {
  return compareCuts(1, previous, cuts, rawSince)
    .filter(({ expected, found }) => expected !== found)
    .map(({ kind, seq, expected, found }) => [kind, seq, expected, found]);
}

describe('cuts', () => {
  it('that follow upon each other have nothing to tell', () => {
    expect(differencesOf([cut(0), cut(1), cut(2)])).toEqual([]);
    expect(differencesOf([cut(3), cut(4)], cut(2))).toEqual([]);
  });

  it('tell what the log had dropped before it was read', () => {
    expect(differencesOf([cut(0), cut(1, { expired: 7 })])).toEqual([['expired', 1, 0, 7]]);
  });

  it.each([
    ['a cut is missing', [cut(0), cut(2)], null, [['offset_gap', 2, 10, 20]]],
    ['a cut overlaps', [cut(1, { firstOffset: 8 })], cut(0), [['offset_gap', 1, 10, 8]]],
    ['the very first does not begin at 0', [cut(0, { firstOffset: 3 })], null, [['offset_gap', 0, 0, 3]]],
    ['what lies before the first is not known', [cut(7, { firstOffset: 3 })], null, []],
  ] as const)('show by their offsets where %s', (_, cuts, previous, differences) => {
    expect(differencesOf(cuts, previous)).toEqual(differences);
  });

  it('must add up by hour', () => {
    expect(differencesOf([cut(0, { inHours: 4 })])).toEqual([['cut_hours', 0, 5, 4]]);
  });

  it('are held against their raw events only while those must be there', () => {
    expect(differencesOf([cut(0, { rawEvents: 4 })], null, 100 * HOUR)).toEqual([['raw_of_cut', 0, 5, 4]]);
    expect(differencesOf([cut(0, { rawEvents: 4 })], null, 100 * HOUR + 1)).toEqual([]);
    expect(differencesOf([cut(0, { rawEvents: 0, oldestHour: null, aggregated: 0, inHours: 0 })])).toEqual([]);
  });
});

describe('an agent', () => {
  it('is compared cut by cut, whichever side has nothing', () => {
    const aggregates = [
      { source: 1, seq: 4, events: 2 },
      { source: 1, seq: 4, events: 3 },
      { source: 1, seq: 5, events: 1 },
    ];
    const raw = [
      { source: 1, seq: 4, events: 5 },
      { source: 2, seq: 5, events: 9 },
    ];
    const compared = compareAgent('a', aggregates, raw).map(({ source, seq, expected, found }) => [source, seq, expected, found]);
    expect(compared).toEqual([
      [1, 4, 5, 5],
      [1, 5, 1, 0],
      [2, 5, 0, 9],
    ]);
  });
});

describe('a verdict', () => {
  const at = (seq: number, expected: number, found: number): Comparison => ({
    source: 1,
    kind: 'raw_of_cut',
    hour: null,
    seq,
    agentId: null,
    expected,
    found,
  });
  const open = (id: number, comparison: Comparison): OpenFinding => ({ ...comparison, id, firstSeen: 0 });

  it('opens what nobody knew of, once', () => {
    const verdict = judge([], [at(1, 5, 4), at(1, 5, 4), at(2, 5, 5)]);
    expect(verdict).toEqual({ opened: [at(1, 5, 4)], seenAgain: [], resolved: [] });
  });

  it('keeps what is known, with its newest figures', () => {
    const known = open(7, at(1, 5, 4));
    expect(judge([known], [at(1, 6, 4)])).toEqual({ opened: [], seenAgain: [open(7, at(1, 6, 4))], resolved: [] });
  });

  it('resolves what is equal again, and only that', () => {
    const known = [open(7, at(1, 5, 4)), open(8, at(2, 5, 4))];
    expect(judge(known, [at(1, 5, 5)])).toEqual({ opened: [], seenAgain: [], resolved: [known[0]] });
  });

  it('lets what was not compared stand', () => {
    expect(judge([open(7, at(1, 5, 4))], [])).toEqual({ opened: [], seenAgain: [], resolved: [] });
  });
});

describe('a finding is outlived', () => {
  const keeping = { raw: 7 * 24 * HOUR, '1m': 30 * 24 * HOUR };
  const now = 1_000 * 24 * HOUR;
  const finding = (kind: Kind, ageHours: number): OpenFinding => {
    const then = now - ageHours * HOUR;
    return { source: 1, kind, hour: then, seq: 1, agentId: null, expected: 1, found: 0, id: 1, firstSeen: then };
  };
  it.each([
    ['hour_total', 29 * 24, null, false],
    ['hour_total', 31 * 24, null, true],
    ['raw_of_cut', 999, now - 6 * 24 * HOUR, false],
    ['raw_of_cut', 999, now - 8 * 24 * HOUR, true],
    ['raw_of_agent', 999, null, false],
    ['expired', 6 * 24, null, false],
    ['expired', 8 * 24, null, true],
    ['offset_gap', 9_999, now, false],
    ['cut_hours', 9_999, now, false],
  ] as const)('%s of %i hours ago', (kind, ageHours, newestHour, outlived) => {
    expect(isOutlived(finding(kind, ageHours), newestHour, keeping, now)).toBe(outlived);
  });
});
