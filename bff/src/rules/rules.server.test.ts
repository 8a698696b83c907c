import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Problem } from '@fleetbeat/contracts/api.ts';
import { ruleSchema } from '@fleetbeat/contracts/rules.ts';
import { addRule } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

async function send(
  method: string,
  path: string,
  body: string,
  type = 'application/yaml',
): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${bff.key}`, 'content-type': type };
  const response = await fetch(`${bff.url}/api/v1${path}`, { method, headers, body });
  return { status: response.status, body: await response.json() };
}

const FILE = `rules:
  - { kind: liveness, name: Silent, watch: { set: agent } }
  - { kind: absence, name: Quiet, watch: { set: fleet }, window: 1h }
`;

it('rules go out as a file and come in again, all or none', async () => {
  await addRule(bff.database, 'old', ruleSchema.parse({ kind: 'liveness', name: 'SILENT', watch: { set: 'host' } }));
  const expected = { created: ['Quiet'], updated: ['Silent'], unchanged: [] };
  expect(await send('POST', '/rules/import?dry_run=true', FILE)).toEqual({ status: 200, body: { dry_run: true, ...expected } });
  expect(await send('POST', '/rules/import', FILE)).toEqual({ status: 200, body: { dry_run: false, ...expected } });

  const exported = await bff.get('/rules/export');
  expect(exported.headers.get('content-type')).toMatch(/^application\/yaml/);
  const file = await exported.text();
  expect(file).toMatch(/name: Quiet[^]*name: Silent/);
  expect((await send('POST', '/rules/import', file)).body).toEqual({
    dry_run: false,
    created: [],
    updated: [],
    unchanged: ['Quiet', 'Silent'],
  });

  const versions = (await (await bff.get('/rules/old/versions')).json()) as {
    items: { version: number; rule: { name: string } }[];
  };
  expect(versions.items.map(({ version, rule }) => [version, rule.name])).toEqual([
    [2, 'Silent'],
    [1, 'SILENT'],
  ]);
  expect((await bff.get('/rules/none/versions')).status).toBe(404);
});

it('a file with a mistake changes nothing and says where it is', async () => {
  const before = await (await bff.get('/rules/export')).text();
  const { status, body } = await send(
    'POST',
    '/rules/import',
    `${FILE}  - { kind: threshold, name: New, watch: { set: agent } }\n`,
  );
  expect(status).toBe(400);
  expect((body as Problem).mistakes).toEqual([
    { line: 4, column: 5, path: 'rules.2.measure', message: expect.any(String) as string },
  ]);
  expect(await (await bff.get('/rules/export')).text()).toBe(before);
  expect((await send('POST', '/rules/import', '{}', 'application/json')).status).toBe(415);
  expect((await send('POST', '/rules/import', 'x'.repeat(2 ** 20 + 1))).status).toBe(413);
});
