import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeFault, extrasAfter, needsOwnDatabase, planFaults, planOutages } from './schedule.ts';

const anyPlan = [fc.constantFrom('standalone', 'kafka'), fc.integer({ min: 1, max: 60 }), fc.nat()] as const;

it('does the same to a deployment again where the seed is the same', () => {
  fc.assert(
    fc.property(...anyPlan, (name, count, seed) => {
      expect(planFaults(name, count, seed)).toEqual(planFaults(name, count, seed));
    }),
  );
});

it('does other things where it is another', () => {
  const orders = [1, 2, 3, 4].map((seed) => planFaults('kafka', 20, seed).map(describeFault).join());
  expect(new Set(orders).size).toBe(4);
});

it('never removes a processor that nobody has added, nor adds more than two', () => {
  fc.assert(
    fc.property(...anyPlan, (name, count, seed) => {
      let extras = 0;
      for (const fault of planFaults(name, count, seed)) {
        extras = extrasAfter(fault, extras);
        expect(extras).toBeGreaterThanOrEqual(0);
        expect(extras).toBeLessThanOrEqual(2);
      }
    }),
  );
});

it.each(['standalone', 'kafka'] as const)('leaves out no kind of fault of %s in twenty', (name) => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const kinds = (count: number) =>
        new Set(planFaults(name, count, seed).map((fault) => `${fault.kind} ${'target' in fault ? fault.target : ''}`));
      expect(kinds(20)).toEqual(kinds(200));
    }),
  );
});

it.each([
  ['standalone', 1],
  ['kafka', 4],
] as const)('takes every engine of %s away twice, its database among them', (name, engines) => {
  const faults = planOutages(name, 60_000);
  expect(new Set(faults.map(describeFault)).size).toBe(2 * engines);
  expect(needsOwnDatabase(faults)).toBe(true);
  expect(needsOwnDatabase(planFaults(name, 60, 1))).toBe(false);
});
