import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { clientTypes, type Named } from './client-types.ts';

const CONTRACTS = join(import.meta.dirname, '..', '..', '..', 'contracts', 'src');
const CLIENT = join(CONTRACTS, 'client', 'routes.ts');

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

async function schemasOfContracts(): Promise<Map<z.ZodType, Named>> {
  const names = new Map<z.ZodType, Named>();
  for (const module of readdirSync(CONTRACTS).sort()) {
    if (!module.endsWith('.ts') || module.endsWith('.test.ts')) continue;
    const exported = (await import(join(CONTRACTS, module))) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      if (value instanceof z.ZodType && !names.has(value)) names.set(value, { module, name });
    }
  }
  return names;
}

it('the types of clients are those of the routes as they are now', async () => {
  const types = clientTypes(bff.routes, await schemasOfContracts());
  const text = await format(types, { ...(await resolveConfig(CLIENT)), parser: 'typescript' });
  await expect(text, 'if a route has changed: npx vitest run --project servers bff/src/openapi -u').toMatchFileSnapshot(CLIENT);
});
