import { COLUMN } from '@fleetbeat/infra/time-series/partial.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RollingWindows } from './rolling-windows.ts';
import { readSourceClocks } from './source-clocks.ts';
import { createAlertWorld, START, type AlertWorld } from './test-world.ts';
import type { WindowQuestion } from './window-question.ts';

let world: AlertWorld;
beforeEach(async () => {
  world = await createAlertWorld();
});
afterEach(() => world.close());

const ERRORS: WindowQuestion = { set: 'agent', window: '1m', stepMs: 10_000, behindMs: 3_000, measures: ['error_rate'] };
const COST: WindowQuestion = { ...ERRORS, measures: ['total_cost_usd'] };

it('a rule that asks for more is not answered by windows that were summed before it came', async () => {
  await world.count('agent', 'a1', 0, { messages: 4, errors: 1, cost_micros: 9_000_000 });
  await world.at(30);
  const at = START + 30_000;
  let gate = Promise.resolve();
  const read: typeof world.store.read = async (query) => {
    await gate;
    return world.store.read(query);
  };
  const windows = new RollingWindows({ store: { ...world.store, read }, database: world.database, now: () => at });
  const follow = async (questions: readonly WindowQuestion[]): Promise<void> => {
    const clocks = await readSourceClocks(world.database, at);
    await windows.follow(questions, at, new Map(clocks.map((clock) => [clock.source, clock])));
  };
  const valueOf = (question: WindowQuestion, column: number) => windows.read(question)?.byKey.get('a1')?.values[column];

  await follow([ERRORS]);
  expect(valueOf(ERRORS, COLUMN.events.errors)).toBe(1);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  gate = promise.then(() => undefined);
  await follow([ERRORS, COST]);
  expect(windows.read(COST)).toBeUndefined();
  expect(valueOf(ERRORS, COLUMN.events.errors)).toBe(1);
  resolve(undefined);
  await follow([ERRORS, COST]);
  expect(valueOf(COST, COLUMN.events.cost_micros)).toBe(9_000_000);
});
