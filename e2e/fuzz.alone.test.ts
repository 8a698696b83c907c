import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzSystem } from './fuzz/fuzz-system.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

/** `npm run fuzz` asks more often. */
const REQUESTS = 1_500;

let fresh: FreshDatabase;
let system: RunningSystem;
beforeAll(async () => {
  fresh = await freshDatabase();
  system = await startSystem({ DATABASE_URL: fresh.url, RATE_LIMIT: '0' });
});
afterAll(async () => {
  await system?.stop();
  await fresh?.drop();
});

it(`answers ${REQUESTS} requests made from its document as the document says`, async () => {
  const { faults, asked } = await fuzzSystem(system, { requests: REQUESTS, seed: 1 });
  expect(faults).toEqual([]);
  const silent = [...asked].filter(([, route]) => route.done === 0).map(([name]) => name);
  // Answers that only say no would prove little.
  expect(silent.length / asked.size, `never did what was asked: ${silent.join(', ')}`).toBeLessThan(0.4);
});
