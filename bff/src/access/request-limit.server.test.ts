import { afterAll, beforeAll, expect, it } from 'vitest';
import { WRONG_KEYS_A_MINUTE } from '@fleetbeat/infra/access/wrong-keys.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff({ RATE_LIMIT: '20', TRUST_PROXY: '1' });
});
afterAll(() => bff.stop());

const statusesOf = async (browser: Browser, path: string, headers: Record<string, string> = {}) => {
  const answers = await Promise.all(Array.from({ length: 25 }, () => browser.ask('GET', path, undefined, headers)));
  return answers.map(({ status }) => status).sort();
};
const times = (count: number, status: number) => Array.from({ length: count }, () => status);

it('a key has so many requests in a minute and no more, whatever others do', async () => {
  const browser = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
  expect(await statusesOf(browser, '/agents')).toEqual([...times(20, 200), ...times(5, 429)]);
  const refused = await browser.ask('GET', '/agents');
  expect([refused.code, Number(refused.headers.get('retry-after')) <= 60]).toEqual(['too-many-requests', true]);
  const other = new Browser(bff.url, { authorization: `Bearer ${await bff.makeKey(['read'])}` });
  expect((await other.ask('GET', '/agents')).status).toBe(200);
});

it('who guesses keys is told to wait, and whoever has been right goes on from the same address', async () => {
  const address = { 'x-forwarded-for': '203.0.113.9' };
  const send = async (key: string) =>
    (await new Browser(bff.url, { authorization: `Bearer ${key}`, ...address }).ask('GET', '/people')).status;
  const known = await bff.makeKey(['read']);
  expect(await send(known)).toBe(200);
  for (let at = 0; at < WRONG_KEYS_A_MINUTE; at++) expect(await send(`guess-${at}`)).toBe(401);
  expect([await send('one-more'), await send(await bff.makeKey(['read'])), await send(known)]).toEqual([429, 429, 200]);
});

it('who says nothing of themselves is counted by address, and probes are not', async () => {
  const nobody = new Browser(bff.url);
  expect(await statusesOf(nobody, '/agents', { 'x-forwarded-for': '203.0.113.7' })).toEqual([
    ...times(20, 401),
    ...times(5, 429),
  ]);
  expect((await nobody.ask('GET', '/agents', undefined, { 'x-forwarded-for': '203.0.113.8' })).status).toBe(401);
  expect(await statusesOf(nobody, '/ready', { 'x-forwarded-for': '203.0.113.7' })).toEqual(times(25, 200));
});
