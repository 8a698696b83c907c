import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { evaluate, type Observation, type Tracks } from '@fleetbeat/infra/rules/evaluate.ts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { AlertReplay } from './replay-alerts.ts';

const LOOK_MS = 10_000;
const NO_DATA: Observation = { kind: 'no_data' };

function ruleOf(given: Partial<RuleInput>) {
  return ruleSchema.parse({
    kind: 'threshold',
    name: 'Errors',
    watch: { set: 'agent' },
    measure: 'total_errors',
    warning: { threshold: 10, recovery: 5 },
    error: { threshold: 20 },
    ...given,
  });
}

const seeing = (values: Readonly<Record<string, number>>) =>
  new Map(Object.entries(values).map(([key, value]): [string, Observation] => [key, { kind: 'value', value }]));

it('tells when alerts fire, get worse, ease and end', () => {
  const replay = new AlertReplay(ruleOf({ for_s: 15, keep_firing_for_s: 5 }));
  const values = [0, 11, 11, 25, 25, 25, 12, 6, 1, 1];
  for (const [i, value] of values.entries()) {
    replay.take({ at: i * LOOK_MS, seen: seeing({ a: value }), otherwise: NO_DATA }, (i + 1) * LOOK_MS);
  }
  expect(replay.alerts).toEqual([
    {
      key: 'a',
      began_at: 10_000,
      fired_at: 25_000,
      resolved_at: 85_000,
      severity: 'error',
      value: 11,
      levels: [
        { at: 25_000, severity: 'warning', value: 11 },
        { at: 45_000, severity: 'error', value: 25 },
        { at: 65_000, severity: 'warning', value: 12 },
      ],
    },
  ]);
});

it('has room for as many alerts as a rule may have, and counts each further breach once', () => {
  const replay = new AlertReplay(ruleOf({}));
  const seen = seeing(Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`a${i}`, 30])));
  replay.take({ at: 0, seen, otherwise: NO_DATA }, LOOK_MS);
  replay.take({ at: LOOK_MS, seen, otherwise: NO_DATA }, 2 * LOOK_MS);
  expect([replay.alerts.length, replay.beyond]).toEqual([100, 30]);
  // One that ends makes room.
  replay.take({ at: 2 * LOOK_MS, seen: new Map([...seen].slice(1)), otherwise: NO_DATA }, 3 * LOOK_MS);
  expect([replay.alerts.length, replay.beyond]).toEqual([101, 30]);
});

it('comes to what an evaluation every second comes to', () => {
  const value = fc.option(fc.integer({ min: 0, max: 30 }), { nil: null });
  const waits = fc.record({ for_s: fc.integer({ min: 0, max: 45 }), keep_firing_for_s: fc.integer({ min: 0, max: 45 }) });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), waits, (values, given) => {
      const rule = ruleOf(given);
      const replay = new AlertReplay(rule);
      const changes: [at: number, to: string, severity: string][] = [];
      let tracks: Tracks = {};
      for (const [i, each] of values.entries()) {
        const observation: Observation = each === null ? NO_DATA : { kind: 'value', value: each };
        const at = i * LOOK_MS;
        replay.take({ at, seen: each === null ? new Map() : seeing({ a: each }), otherwise: NO_DATA }, at + LOOK_MS);
        for (let now = at; now < at + LOOK_MS; now += 1_000) {
          const next = evaluate(rule, observation, tracks, now);
          tracks = next.tracks;
          const { transition } = next;
          if (transition?.to === 'firing' || transition?.to === 'resolved')
            changes.push([now, transition.to, transition.severity]);
        }
      }
      const replayed = replay.alerts.flatMap(({ levels, resolved_at: end }) => [
        ...levels.map(({ at, severity }) => [at, 'firing', severity]),
        ...(end === null ? [] : [[end, 'resolved', levels.at(-1)?.severity]]),
      ]);
      expect(replayed).toEqual(changes);
    }),
    { numRuns: 300 },
  );
});
