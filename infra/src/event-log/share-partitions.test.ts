import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharePartitions } from './share-partitions.ts';

/** Lets the members decide in turn, again and again, and answers who holds what in the end. */
function settle(members: readonly string[], counts: readonly number[], held: ReadonlyMap<number, string>): Map<number, string> {
  const topics = counts.map((_, i) => `topic-${i}`);
  let next = 0;
  const partitions = new Map(counts.map((count, i) => [`topic-${i}`, Array.from({ length: count }, () => next++)]));
  const owners = new Map([...held].filter(([, owner]) => members.includes(owner)));
  for (let round = 0; round < 3; round++) {
    for (const me of members) {
      const state = { me, members: members.map((member) => ({ member, topics })), partitions, owners: new Map(owners) };
      const { take, giveUp } = sharePartitions(state);
      for (const partition of giveUp) owners.delete(partition);
      for (const partition of take) {
        expect(owners.has(partition)).toBe(false);
        owners.set(partition, me);
      }
    }
  }
  return owners;
}

describe('sharePartitions', () => {
  it('gives everything to the only member', () => {
    expect(new Set(settle(['a'], [4, 1, 2], new Map()).values())).toEqual(new Set(['a']));
  });

  it('does not give the spare partitions of every topic to the same member', () => {
    const owners = settle(['a', 'b'], [1, 1], new Map());
    expect(new Set(owners.values()).size).toBe(2);
  });

  it('leaves a balanced group alone', () => {
    const owners = settle(['a', 'b', 'c'], [4, 1, 2], new Map());
    const again = settle(['a', 'b', 'c'], [4, 1, 2], owners);
    expect([...again].sort()).toEqual([...owners].sort());
  });

  it('ends with every partition held and the loads of a topic at most one apart, whoever came and went', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 });
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, names, counts, (before, after, perTopic) => {
        const owners = settle(after, perTopic, settle(before, perTopic, new Map()));
        let partition = 0;
        for (const count of perTopic) {
          const loads = new Map<string, number>(after.map((member) => [member, 0]));
          for (let i = 0; i < count; i++) {
            const owner = owners.get(partition++) ?? 'nobody';
            expect(loads.has(owner)).toBe(true);
            loads.set(owner, (loads.get(owner) ?? 0) + 1);
          }
          expect(Math.max(...loads.values()) - Math.min(...loads.values())).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
