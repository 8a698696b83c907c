import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { limited } from './limited.ts';

it('lets a few run at a time, in their order, and goes on after a failure', async () => {
  const inTurn = limited(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const done = [1, 2, 3, 4].map((n) =>
    inTurn(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 1) throw new Error('one');
      return n;
    }),
  );
  const settled = Promise.allSettled(done);
  await turn();
  expect(begun).toEqual([1, 2]);
  ends[0]?.();
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  for (let n = 1; n < 4; n++) {
    ends[n]?.();
    await turn();
  }
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(begun).toEqual([1, 2, 3, 4]);
});
