import { beforeEach, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { tellFailures } from './tell-failures.ts';

let lines: Record<string, unknown>[];
let now: number;
beforeEach(() => {
  lines = [];
  now = 0;
});

function teller() {
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  return tellFailures(logger, 'the shop is shut', { shop: 7 }, () => now);
}
const said = () => lines.map(({ level, msg }) => `${String(level)}: ${String(msg)}`);
const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

it('says once that it fails, once a minute that it still does, and once that it works again', () => {
  const shop = teller();
  shop.worked();
  for (; now < 150_000; now += 500) shop.failed(refused());
  shop.worked();
  shop.worked();
  expect(said()).toEqual([...Array<string>(3).fill('warn: the shop is shut'), 'info: no longer: the shop is shut']);
  expect(lines.map(({ for_s, after_s }) => for_s ?? after_s)).toEqual([undefined, 60, 120, 150]);
  expect(lines[0]).toMatchObject({ shop: 7, reason: 'connect ECONNREFUSED' });
  expect(lines[0]).not.toHaveProperty('err');
  shop.failed(refused());
  expect(said()).toHaveLength(5);
});

it('says every other reason at once, a mistake of ours with its stack', () => {
  const shop = teller();
  for (let round = 0; round < 3; round += 1) {
    shop.failed(refused());
    shop.failed(new TypeError('no such door'), { door: 'back' });
  }
  expect(said()).toHaveLength(2);
  expect(lines[1]).toMatchObject({
    door: 'back',
    err: { type: 'TypeError', stack: expect.stringContaining('tell-failures') as string },
  });
});
