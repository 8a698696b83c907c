import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeenIds } from './seen-ids.ts';

/** The same thing said plainly: a list of the last `horizon` identities. */
class PlainSeenIds {
  readonly #list: string[] = [];
  readonly #horizon: number;
  constructor(horizon: number) {
    this.#horizon = horizon;
  }
  add(hi: number, lo: number): boolean {
    const id = `${hi}/${lo}`;
    if (this.#list.includes(id)) return false;
    this.#list.push(id);
    if (this.#list.length > this.#horizon) this.#list.shift();
    return true;
  }
}

test('decides as a list of the last identities does, through collisions, growth and eviction', () => {
  const small = fc.nat({ max: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 33 }), fc.array(fc.tuple(small, small), { maxLength: 400 }), (horizon, adds) => {
      const plain = new PlainSeenIds(horizon);
      const seen = new SeenIds(horizon);
      for (const [hi, lo] of adds) expect(seen.add(hi, lo)).toBe(plain.add(hi, lo));
    }),
  );
});

test('keeps exactly the horizon when it wraps many times', () => {
  const seen = new SeenIds(4_096);
  for (let index = 0; index < 50_000; index++) expect(seen.add(index, index * 7)).toBe(true);
  expect(seen.size).toBe(4_096);
  for (let index = 50_000 - 4_096; index < 50_000; index++) expect(seen.add(index, index * 7)).toBe(false);
  expect(seen.add(50_000 - 4_097, (50_000 - 4_097) * 7)).toBe(true);
});
