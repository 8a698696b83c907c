import { expect, test } from 'vitest';
import { missingFrom } from './ledger.ts';

test('what is in no part is missing', () => {
  expect(missingFrom({ accepted: 10, aggregated: 6, duplicate: 1, dead_lettered: 1, pending: 2 })).toBe(0);
  expect(missingFrom({ accepted: 10, aggregated: 6, duplicate: 1, dead_lettered: 1, pending: 1 })).toBe(1);
});
