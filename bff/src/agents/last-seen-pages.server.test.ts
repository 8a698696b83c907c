import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent, List } from '@fleetbeat/contracts/api.ts';
import { addAgent, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const AGENTS = 12;

let bff: TestBff;
let clock = 1_800_000_000_000;
beforeAll(async () => {
  bff = await startTestBff();
  const source = await addSource(bff.database, 'agent-events', 0, clock);
  // Some at the same moment.
  for (let n = 0; n < AGENTS; n++)
    await addAgent(bff.database, { agent_id: `a${n}`, source, last_seen: clock + Math.floor(n / 2) });
});
afterAll(() => bff.stop());

async function page(direction: string, cursor: string | null): Promise<List<Agent>> {
  const answer = await bff.get(
    `/agents?sort=last_seen&direction=${direction}&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
  );
  expect(answer.status).toBe(200);
  return (await answer.json()) as List<Agent>;
}

it('by when they were seen nobody comes twice while agents speak, and whoever is silent comes once', async () => {
  const spoken = fc.array(fc.array(fc.nat(AGENTS - 1), { maxLength: 4 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('asc', 'desc'), spoken, async (direction, turns) => {
      const seen: string[] = [];
      const moved = new Set<string>();
      let cursor: string | null = null;
      for (let turn = 0; turn === 0 || cursor !== null; turn++) {
        const { items, next_cursor: next }: List<Agent> = await page(direction, cursor);
        seen.push(...items.map(({ agent_id: id }) => id));
        cursor = next;
        for (const n of turns[turn] ?? []) {
          moved.add(`a${n}`);
          await bff.database.query('update agents set last_seen = $2 where agent_id = $1', [`a${n}`, (clock += 100)]);
        }
      }
      expect(new Set(seen).size).toBe(seen.length);
      const silent = Array.from({ length: AGENTS }, (_, n) => `a${n}`).filter((id) => !moved.has(id));
      expect(seen).toEqual(expect.arrayContaining(silent));
    }),
    { numRuns: 40 },
  );
});
