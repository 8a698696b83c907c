import { expect, it } from 'vitest';
import { createIdMaker } from './uuid-v7.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('makes ids of version 7 that carry the time and never repeat', () => {
  const makeId = createIdMaker();
  const now = 1_767_225_600_123;
  const ids = Array.from({ length: 20_000 }, () => makeId(now));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(UUID_V7);
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now);
  }
});

it('sorts by time', () => {
  const makeId = createIdMaker();
  expect(makeId(1_767_225_600_000) < makeId(1_767_225_600_001)).toBe(true);
});
