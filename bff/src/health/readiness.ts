import type { readySchema } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type * as z from 'zod';

export type Ready = z.infer<typeof readySchema>;

/** How long an engine has to answer, and how long its answer is believed, in milliseconds. */
const WITHIN_MS = 3_000;
const BELIEVED_MS = 1_000;

/** Asks every engine; throws the problem `not-ready`, which names those that cannot be used. */
export function createReadiness(
  engines: Ready['engines'],
  pings: Readonly<Record<string, () => Promise<unknown>>>,
  now: () => number = Date.now,
): () => Promise<Ready> {
  let asked: { at: number; missing: Promise<string[]> } | undefined;

  async function findMissing(): Promise<string[]> {
    const results = await Promise.all(Object.entries(pings).map(async ([name, ping]) => ((await answers(ping)) ? [] : [name])));
    return results.flat();
  }

  return async () => {
    // Probes of a load balancer must not become a load of their own.
    if (asked === undefined || now() - asked.at > BELIEVED_MS) asked = { at: now(), missing: findMissing() };
    const missing = await asked.missing;
    if (missing.length > 0) {
      throw new HttpProblem(503, 'not-ready', `cannot be used at the moment: ${missing.join(', ')}`, { 'retry-after': '2' });
    }
    return { engines };
  };
}

async function answers(ping: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), WITHIN_MS)));
  try {
    return await Promise.race([
      ping().then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
