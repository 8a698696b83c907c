import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { limited, RequestSize } from './request-size.ts';

describe('the size of requests', () => {
  it('shrinks with a slow server, to where a request takes two seconds, and grows again with a quick one', () => {
    const size = new RequestSize();
    expect(size.lines).toBe(5_000);
    size.took(5_000, 2_000);
    expect(size.lines).toBe(5_000);
    size.took(5_000, 30_000);
    expect(size.lines).toBe(333);
    size.took(333, 30_000);
    expect(size.lines).toBe(200);
    // The rest of a batch says nothing about what a full request would take.
    size.took(10, 50);
    expect(size.lines).toBe(200);
    for (const lines of [400, 800, 1_600, 3_200, 5_000, 5_000]) {
      size.took(size.lines, 50);
      expect(size.lines).toBe(lines);
    }
  });

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
});
