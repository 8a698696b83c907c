import { parseArgs } from 'node:util';
import { startSystem } from '../start-system.ts';
import { fuzzSystem } from './fuzz-system.ts';

/**
 * `npm run fuzz`: asks the API of an installation of its own what its document allows, and what it does not.
 *
 *   --requests 10000   how many requests
 *   --seed 1           the same number asks the same again
 *
 * Ends with 1 where an answer was 5xx or outside its schema.
 */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const requests = Number(values.requests);
const seed = Number(values.seed);
if (!Number.isInteger(requests) || requests < 1 || !Number.isInteger(seed)) throw new Error('give whole numbers');

const system = await startSystem({ RATE_LIMIT: '0' });
try {
  const { faults, asked } = await fuzzSystem(system, { requests, seed });
  console.table(Object.fromEntries(asked));
  const done = [...asked.values()].filter((route) => route.done > 0).length;
  console.log(`${requests} requests of ${asked.size} routes, of which ${done} did at least once what was asked`);
  for (const { request, reason } of faults) console.log(`${request}\n    ${reason}`);
  console.log(`${faults.length} answers were 5xx or not as the document says`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await system.stop();
}
