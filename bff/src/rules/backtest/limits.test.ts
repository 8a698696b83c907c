import { expect, it } from 'vitest';
import { Allowance } from './limits.ts';

it('ends what reads or takes too much, and says what to narrow', async () => {
  let now = 0;
  const allowance = new Allowance(() => now);
  allowance.spendWindows(1_000_000);
  expect(() => allowance.spendWindows(1)).toThrow('there are more than 1,000,000 windows to look at: shorten the range');
  now = 20_000;
  await allowance.breathe();
  now = 20_001;
  await expect(allowance.breathe()).rejects.toThrow('it takes more than 20 seconds: shorten the range');
});
