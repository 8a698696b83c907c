import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventIds, shortHash } from './event-ids.ts';

describe('event ids', () => {
  const idOf = createEventIds('run-1');

  it('are UUIDs of version 7 that carry the time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.nat(2 ** 31), (ts, index) => {
        const id = idOf(ts, index);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(ts);
      }),
    );
  });

  it('are the same for the same place of the same run', () => {
    expect(createEventIds('run-1')(1_000, 7)).toBe(idOf(1_000, 7));
    expect(createEventIds('run-2')(1_000, 7)).not.toBe(idOf(1_000, 7));
  });

  it('differ for every place of a run, at the same time too', () => {
    const ids = new Set(Array.from({ length: 200_000 }, (_, index) => idOf(1_000, index)));
    expect(ids.size).toBe(200_000);
  });
});

describe('shortHash', () => {
  it('is eight hexadecimal digits that follow the text', () => {
    expect(shortHash('a')).toMatch(/^[0-9a-f]{8}$/);
    expect(shortHash('a')).toBe(shortHash('a'));
    expect(shortHash('a')).not.toBe(shortHash('b'));
  });
});
