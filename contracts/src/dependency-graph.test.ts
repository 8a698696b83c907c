import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCycle } from './dependency-graph.ts';

const node = fc.integer({ min: 0, max: 7 }).map(String);

test('a graph whose nodes only wait for smaller ones has no circle', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 30 }), (pairs) => {
      const edges = new Map<string, string[]>();
      for (const [a, b] of pairs) if (a > b) edges.set(a, [...(edges.get(a) ?? []), b]);
      expect(findCycle(edges)).toBeNull();
    }),
  );
});

test('a circle is named by nodes that do wait for each other, wherever there is one', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 30 }), (pairs) => {
      const edges = new Map<string, string[]>();
      for (const [a, b] of pairs) edges.set(a, [...(edges.get(a) ?? []), b]);
      const cycle = findCycle(edges);
      if (cycle === null) {
        // Then taking away whoever waits for nobody ends with nobody.
        const left = new Map(edges);
        for (let before = -1; before !== left.size;) {
          before = left.size;
          for (const [key, others] of left) if (others.every((other) => !left.has(other))) left.delete(key);
        }
        expect(left.size).toBe(0);
        return;
      }
      expect(cycle.length).toBeGreaterThan(1);
      expect(cycle.at(0)).toBe(cycle.at(-1));
      for (let i = 1; i < cycle.length; i++) expect(edges.get(cycle[i - 1] ?? '')).toContain(cycle[i]);
    }),
  );
});

test('a chain of a hundred thousand is no circle, and takes no stack', () => {
  const edges = new Map(Array.from({ length: 100_000 }, (_, i) => [String(i), [String(i + 1)]] as const));
  expect(findCycle(edges)).toBeNull();
});
