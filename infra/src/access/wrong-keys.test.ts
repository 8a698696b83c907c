import { beforeEach, expect, it } from 'vitest';
import { HttpProblem } from '../problem.ts';
import { createWrongKeys, WRONG_KEYS_A_MINUTE, type WrongKeys } from './wrong-keys.ts';

let now: number;
let lookedUp: string[];
let wrongKeys: WrongKeys;
beforeEach(() => {
  now = 1_000_000;
  lookedUp = [];
  wrongKeys = createWrongKeys(() => now);
});

/** The status that a key is answered with; those that begin with `right` are right. */
async function send(key: string, address = '203.0.113.7'): Promise<number> {
  try {
    await wrongKeys.watch(address, key, async () => {
      lookedUp.push(key);
      if (key.startsWith('down')) throw new HttpProblem(503, 'keys-unavailable', 'away');
      if (!key.startsWith('right')) throw new HttpProblem(401, 'unauthorized', 'wrong');
    });
    return 200;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    if (error.status === 429) expect(Number(error.headers['retry-after'])).toBeGreaterThan(0);
    return error.status;
  }
}
async function guess(times: number): Promise<void> {
  for (let at = 0; at < times; at++) expect(await send(`guess ${at}`)).toBe(401);
}

it('looks up no more keys of an address that guesses, until the minute is over', async () => {
  await guess(WRONG_KEYS_A_MINUTE);
  expect(await send('one more')).toBe(429);
  expect(lookedUp).not.toContain('one more');
  expect(await send('one more', '203.0.113.8')).toBe(401);
  now += 59_999;
  expect(await send('one more')).toBe(429);
  now += 1;
  expect(await send('one more')).toBe(401);
});

it('goes on to take a key that was right before, but not once it is revoked', async () => {
  expect(await send('right')).toBe(200);
  await guess(WRONG_KEYS_A_MINUTE);
  expect(await send('right')).toBe(200);
  expect(await send('right, but new')).toBe(429);
  await expect(
    wrongKeys.watch('203.0.113.7', 'right', () => Promise.reject(new HttpProblem(401, 'unauthorized', 'revoked'))),
  ).rejects.toMatchObject({ status: 401 });
  expect(await send('right')).toBe(429);
});

it('counts neither right keys, nor a wrong one that comes again, nor what cannot be looked up', async () => {
  for (let at = 0; at < 200; at++) {
    expect(await send('forgotten')).toBe(401);
    expect(await send(`right ${at}`)).toBe(200);
    expect(await send(`down ${at}`)).toBe(503);
  }
});
