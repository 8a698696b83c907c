import type { List } from '@fleetbeat/contracts/api.ts';
import type { ApiKeyListed } from '@fleetbeat/contracts/users.ts';
import { seedBoard } from '../seed-board.ts';
import { addPerson } from '../seed-incidents.ts';
import type { RunningSystem } from '../start-system.ts';
import { fuzz, type ApiDocument, type FuzzResult } from './fuzz.ts';

/** Fuzzes a running system, after a small fleet has left something in every list. Throws where the fleet's events are not taken. */
export async function fuzzSystem(
  system: Pick<RunningSystem, 'api' | 'key' | 'get' | 'simulate'>,
  options: { requests: number; seed: number },
): Promise<FuzzResult> {
  const fleet = await system.simulate('--agents 12 --hosts 3 --rate 300 --duration 5 --seed 1');
  if (fleet.code !== 0) throw new Error(fleet.output);
  await seedBoard(system);
  for (const name of ['Ada', 'Grace', 'Edsger']) await addPerson(system, name, 'operator');
  const document = await system.get<ApiDocument>('/openapi.json');
  const keys = await system.get<List<ApiKeyListed>>('/keys');
  const spared = new Set(keys.items.map(({ id }) => id));
  return fuzz(document, { url: system.api, key: system.key, spared, ...options });
}
