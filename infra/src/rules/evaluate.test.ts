import { ruleSchema, type Rule, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { abandon, evaluate, type Observation, type Tracks, type Transition } from './evaluate.ts';

type Given = Partial<Extract<RuleInput, { kind: 'threshold' }>>;

function threshold(given: Given = {}): Rule {
  return ruleSchema.parse({
    kind: 'threshold',
    name: 'test',
    watch: { set: 'agent' },
    measure: 'total_errors',
    warning: { threshold: 10 },
    ...given,
  });
}
const ABSENCE = ruleSchema.parse({ kind: 'absence', name: 'test', watch: { set: 'agent', keys: ['a'] }, for_s: 30 });

/** A value, `-` for no data, `?` for what cannot be told. */
type Seen = number | '-' | '?';

function observed(seen: Seen): Observation {
  if (seen === '-') return { kind: 'no_data' };
  if (seen === '?') return { kind: 'unknown' };
  return { kind: 'value', value: seen };
}

/** What happens when a key is evaluated every `step` seconds and looks like this: `second: from > to severity (reason)`. */
function story(rule: Rule, seen: readonly Seen[], step = 10): string[] {
  let tracks: Tracks = {};
  return seen.flatMap((each, index) => {
    const result = evaluate(rule, observed(each), tracks, index * step * 1_000);
    tracks = result.tracks;
    return result.transition === undefined ? [] : [`${index * step}: ${described(result.transition)}`];
  });
}
function described({ from, to, severity, reason }: Transition): string {
  return `${from} > ${to} ${severity} (${reason})`;
}

const BOTH = { warning: { threshold: 10 }, error: { threshold: 100 } };

const CASES: readonly (readonly [sentence: string, rule: Rule, seen: readonly Seen[], told: readonly string[]])[] = [
  ['without `for` a breach fires at once', threshold(), [5, 11], ['10: inactive > firing warning (breach_lasted)']],
  ['a value at the threshold is no breach of >', threshold(), [10, 10], []],
  [
    'a value at the threshold is a breach of >=',
    threshold({ comparison: '>=' }),
    [10],
    ['0: inactive > firing warning (breach_lasted)'],
  ],
  [
    'a value below is a breach of <',
    threshold({ comparison: '<', warning: { threshold: 10 } }),
    [10, 9],
    ['10: inactive > firing warning (breach_lasted)'],
  ],
  [
    'a `for` of three steps is pending for three steps',
    threshold({ for_s: 30 }),
    [11, 11, 11, 11, 11],
    ['0: inactive > pending warning (breach_began)', '30: pending > firing warning (breach_lasted)'],
  ],
  [
    'a `for` that is shorter than the step fires at the next evaluation',
    threshold({ for_s: 1 }),
    [11, 11],
    ['0: inactive > pending warning (breach_began)', '10: pending > firing warning (breach_lasted)'],
  ],
  [
    'a breach that ends before `for` has passed never fires and begins anew',
    threshold({ for_s: 20 }),
    [11, 11, 5, 11, 11, 11],
    [
      '0: inactive > pending warning (breach_began)',
      '20: pending > inactive warning (breach_ended)',
      '30: inactive > pending warning (breach_began)',
      '50: pending > firing warning (breach_lasted)',
    ],
  ],
  [
    'what fires ends as soon as the breach has',
    threshold(),
    [11, 5],
    ['0: inactive > firing warning (breach_lasted)', '10: firing > resolved warning (breach_ended)'],
  ],
  [
    'no data ends it as well',
    threshold(),
    [11, '-'],
    ['0: inactive > firing warning (breach_lasted)', '10: firing > resolved warning (no_data)'],
  ],
  [
    'no data takes away what is pending',
    threshold({ for_s: 60 }),
    [11, '-', 11],
    [
      '0: inactive > pending warning (breach_began)',
      '10: pending > inactive warning (no_data)',
      '20: inactive > pending warning (breach_began)',
    ],
  ],
  [
    'what cannot be told changes nothing',
    threshold({ for_s: 10 }),
    [11, '?', '?', 11, '?', 5],
    [
      '0: inactive > pending warning (breach_began)',
      '30: pending > firing warning (breach_lasted)',
      '50: firing > resolved warning (breach_ended)',
    ],
  ],
  [
    '`keep_firing_for` runs from the first evaluation without the breach',
    threshold({ keep_firing_for_s: 20 }),
    [11, 5, 5, 5],
    ['0: inactive > firing warning (breach_lasted)', '30: firing > resolved warning (breach_ended)'],
  ],
  [
    'a breach that comes back while it is kept firing ends the wait',
    threshold({ keep_firing_for_s: 20 }),
    [11, 5, 11, 5, 5, 5],
    ['0: inactive > firing warning (breach_lasted)', '50: firing > resolved warning (breach_ended)'],
  ],
  [
    'flapping is one alert where it is kept firing',
    threshold({ keep_firing_for_s: 15 }),
    [11, 5, 11, 5, 11, 5, 11],
    ['0: inactive > firing warning (breach_lasted)'],
  ],
  [
    'and an alert each time where it is not',
    threshold(),
    [11, 5, 11],
    [
      '0: inactive > firing warning (breach_lasted)',
      '10: firing > resolved warning (breach_ended)',
      '20: inactive > firing warning (breach_lasted)',
    ],
  ],
  [
    'no data is kept firing too',
    threshold({ keep_firing_for_s: 20 }),
    [11, '-', '-', '-'],
    ['0: inactive > firing warning (breach_lasted)', '30: firing > resolved warning (no_data)'],
  ],
  [
    'a pending alert is not kept',
    threshold({ for_s: 60, keep_firing_for_s: 60 }),
    [11, 5],
    ['0: inactive > pending warning (breach_began)', '10: pending > inactive warning (breach_ended)'],
  ],
  [
    'with a recovery threshold it fires until the value is behind that one',
    threshold({ warning: { threshold: 10, recovery: 5 } }),
    [9, 11, 9, 6, 5],
    ['10: inactive > firing warning (breach_lasted)', '40: firing > resolved warning (breach_ended)'],
  ],
  [
    'the recovery threshold means nothing to what is pending',
    threshold({ for_s: 20, warning: { threshold: 10, recovery: 5 } }),
    [11, 9],
    ['0: inactive > pending warning (breach_began)', '10: pending > inactive warning (breach_ended)'],
  ],
  [
    'recovery lies above where less is worse',
    threshold({ comparison: '<', warning: { threshold: 10, recovery: 20 } }),
    [9, 15, 20],
    ['0: inactive > firing warning (breach_lasted)', '20: firing > resolved warning (breach_ended)'],
  ],
  [
    'a warning becomes an error once that has lasted for `for`',
    threshold({ ...BOTH, for_s: 20 }),
    [11, 11, 11, 101, 101, 101],
    [
      '0: inactive > pending warning (breach_began)',
      '20: pending > firing warning (breach_lasted)',
      '50: firing > firing error (worse_lasted)',
    ],
  ],
  [
    'an error becomes a warning again',
    threshold(BOTH),
    [101, 50, 5],
    [
      '0: inactive > firing error (breach_lasted)',
      '10: firing > firing warning (worse_ended)',
      '20: firing > resolved warning (breach_ended)',
    ],
  ],
  [
    'what is worst from the beginning is pending and fires as an error, once',
    threshold({ ...BOTH, for_s: 10 }),
    [101, 101, 101],
    ['0: inactive > pending error (breach_began)', '10: pending > firing error (breach_lasted)'],
  ],
  [
    'an error that is kept firing does not ease in between',
    threshold({ ...BOTH, keep_firing_for_s: 20 }),
    [101, 50, 101, 50, 50, 50],
    ['0: inactive > firing error (breach_lasted)', '50: firing > firing warning (worse_ended)'],
  ],
  [
    'an error that spikes within a warning does not fire before its own `for`',
    threshold({ ...BOTH, for_s: 20 }),
    [11, 101, 11, 101, 11],
    [
      '0: inactive > pending warning (breach_began)',
      '10: pending > pending error (worse_lasted)',
      '20: pending > firing warning (breach_lasted)',
    ],
  ],
  [
    'absence fires after `for` without data and ends with the first data',
    ABSENCE,
    [3, '-', '-', '-', '-', 1],
    [
      '10: inactive > pending warning (breach_began)',
      '40: pending > firing warning (breach_lasted)',
      '50: firing > resolved warning (breach_ended)',
    ],
  ],
  [
    'absence that is kept firing goes on over a short return',
    ruleSchema.parse({ ...ABSENCE, for_s: 10, keep_firing_for_s: 20 }),
    ['-', '-', 1, '-', 1, 1, 1],
    [
      '0: inactive > pending warning (breach_began)',
      '10: pending > firing warning (breach_lasted)',
      '60: firing > resolved warning (breach_ended)',
    ],
  ],
  [
    'absence that is pending begins anew after each return',
    ABSENCE,
    ['-', '-', '-', 1, '-', '-', '-', '-'],
    [
      '0: inactive > pending warning (breach_began)',
      '30: pending > inactive warning (breach_ended)',
      '40: inactive > pending warning (breach_began)',
      '70: pending > firing warning (breach_lasted)',
    ],
  ],
  [
    'after it was resolved, `for` must pass again',
    threshold({ for_s: 10, keep_firing_for_s: 10 }),
    [11, 11, 5, 5, 11, 11],
    [
      '0: inactive > pending warning (breach_began)',
      '10: pending > firing warning (breach_lasted)',
      '30: firing > resolved warning (breach_ended)',
      '40: inactive > pending warning (breach_began)',
      '50: pending > firing warning (breach_lasted)',
    ],
  ],
  [
    'what cannot be told does not hold up `keep_firing_for`',
    threshold({ keep_firing_for_s: 20 }),
    [11, 5, '?', '?', 5],
    ['0: inactive > firing warning (breach_lasted)', '40: firing > resolved warning (breach_ended)'],
  ],
  [
    'a `keep_firing_for` that is shorter than the step ends at the next evaluation',
    threshold({ keep_firing_for_s: 1 }),
    [11, 5, 5],
    ['0: inactive > firing warning (breach_lasted)', '20: firing > resolved warning (breach_ended)'],
  ],
  [
    'of both levels each keeps firing by itself',
    threshold({ ...BOTH, keep_firing_for_s: 20 }),
    [101, 5, 5, 5],
    ['0: inactive > firing error (breach_lasted)', '30: firing > resolved error (breach_ended)'],
  ],
  ['absence is not concluded from what cannot be told', ABSENCE, ['?', '?', '?', '?', '?'], []],
];

describe('a rule', () => {
  it.each(CASES)('%s', (_, rule, seen, told) => {
    expect(story(rule, seen)).toEqual(told);
  });

  test('that is switched off ends what fires and what is pending', () => {
    expect(abandon({ warning: { since: 0, firing: true, clearedAt: null } }).transition).toMatchObject({
      from: 'firing',
      to: 'resolved',
    });
    expect(abandon({ warning: { since: 0, firing: false, clearedAt: null } }).transition).toMatchObject({
      from: 'pending',
      to: 'inactive',
    });
    expect(abandon({}).transition).toBeUndefined();
  });
});

describe('whatever the values and the times of evaluation', () => {
  const seen = fc.array(
    fc.record({
      gap: fc.integer({ min: 1, max: 40 }),
      value: fc.oneof(fc.integer({ min: 0, max: 150 }), fc.constantFrom<Seen>('-', '?')),
    }),
    { maxLength: 60 },
  );
  const rules = fc
    .record({
      for_s: fc.integer({ min: 0, max: 60 }),
      keep: fc.integer({ min: 0, max: 60 }),
      recovery: fc.integer({ min: 1, max: 10 }),
    })
    .map(({ for_s, keep, recovery }) =>
      threshold({
        for_s,
        keep_firing_for_s: keep,
        warning: { threshold: 10, recovery },
        error: { threshold: 100, recovery: 50 },
      }),
    );

  function run(rule: Rule, steps: readonly { gap: number; value: Seen }[], check: (at: Step) => void): void {
    let tracks: Tracks = {};
    let now = 0;
    const past: { at: number; value: Seen }[] = [];
    for (const { gap, value } of steps) {
      now += gap * 1_000;
      past.push({ at: now, value });
      const result = evaluate(rule, observed(value), tracks, now);
      check({ now, past, before: tracks, ...result });
      tracks = result.tracks;
    }
  }
  interface Step extends ReturnType<typeof evaluate> {
    now: number;
    past: { at: number; value: Seen }[];
    before: Tracks;
  }

  test('no level fires unless every value of at least the last `for` was in breach of it', () => {
    fc.assert(
      fc.property(rules, seen, (rule, steps) => {
        run(rule, steps, ({ now, past, before, tracks }) => {
          for (const [severity, limit] of [
            ['warning', 10],
            ['error', 100],
          ] as const) {
            if (tracks[severity]?.firing !== true || before[severity]?.firing === true) continue;
            const known = past.filter(({ value }) => value !== '?');
            const lastGood = known.findLastIndex(({ value }) => value === '-' || Number(value) <= limit);
            const began = known[lastGood + 1]?.at ?? now;
            expect(now - began).toBeGreaterThanOrEqual(rule.for_s * 1_000);
          }
        });
      }),
    );
  });

  test('nothing ends before `keep_firing_for` has passed since the last breach', () => {
    fc.assert(
      fc.property(rules, seen, (rule, steps) => {
        run(rule, steps, ({ now, past, transition }) => {
          if (transition?.to !== 'resolved') return;
          const lastBreach = past.findLast(({ value }) => typeof value === 'number' && value > 10)?.at ?? 0;
          expect(now - lastBreach).toBeGreaterThanOrEqual(rule.keep_firing_for_s * 1_000);
        });
      }),
    );
  });

  test('every transition begins in the state that the one before has ended in', () => {
    fc.assert(
      fc.property(rules, seen, (rule, steps) => {
        let state = 'inactive';
        run(rule, steps, ({ transition }) => {
          if (transition === undefined) return;
          expect(transition.from).toBe(state);
          state = transition.to === 'resolved' ? 'inactive' : transition.to;
        });
      }),
    );
  });

  test('evaluating the same again at the same moment changes nothing', () => {
    fc.assert(
      fc.property(rules, seen, (rule, steps) => {
        run(rule, steps, ({ now, past, tracks }) => {
          const again = evaluate(rule, observed(past.at(-1)?.value ?? '?'), tracks, now);
          expect([again.tracks, again.transition]).toEqual([tracks, undefined]);
        });
      }),
    );
  });
});
