import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { agentEventSchema } from '@fleetbeat/contracts/events.ts';
import { createApiKey } from '@fleetbeat/infra/access/api-keys.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snippetsFor } from '../dashboard/src/lib/first-run/snippets.ts';
import { ScriptedLog, startTestGateway, type TestGateway } from '../ingest/src/gateway/testing.ts';

/** What an empty dashboard tells its reader to run, run as it stands, before a real gateway. */
const PROGRAMS = {
  curl: ['sh', '-c'],
  Node: [process.execPath, '--input-type=module', '-e'],
  Python: ['python3', '-c'],
} as const;
const isHere = (program: string) => spawnSync(program, ['--version']).status === 0;

let database: FreshDatabase;
let log: ScriptedLog;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  database = await freshDatabase();
  ({ key } = await createApiKey(database.database, { name: randomUUID(), scopes: ['ingest'], createdBy: 'test' }));
  log = new ScriptedLog();
  gateway = await startTestGateway(log, { database: database.database });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

describe.each([false, true])('with a key: %s', (withKey) => {
  describe.each(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])('%s', (name) => {
    it.skipIf(name !== 'Node' && !isHere(name === 'curl' ? 'curl' : 'python3'))('sends an event that is taken', async () => {
      const snippet = snippetsFor(`${gateway.url}/v1/events`, withKey).find((one) => one.name === name);
      const before = log.events().length;
      const [program, ...options] = PROGRAMS[name];
      const env = { PATH: process.env['PATH'], ...(withKey ? { FLEETBEAT_KEY: key } : {}) };
      const { stdout } = await promisify(execFile)(program, [...options, snippet?.text ?? ''], { env });
      expect(stdout).toContain('"accepted":1');
      const [event] = log.events().slice(before);
      expect(agentEventSchema.parse(JSON.parse(event ?? ''))).toMatchObject({ agent_id: 'my-first-agent', input_tokens: 1_200 });
    });
  });
});

/** Exports a span as it is told by the variables of OpenTelemetry alone. */
const TRACED_PROGRAM = `
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'my-first-agent' }),
  spanProcessors: [new SimpleSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1200 };
provider.getTracer('test').startSpan('chat', { attributes }).end();
await provider.shutdown();`;

it.each([false, true])('has OpenTelemetry send spans by its variables, with a key: %s', async (withKey) => {
  const snippet = snippetsFor(`${gateway.url}/v1/events`, withKey).find((one) => one.name === 'OpenTelemetry');
  const variables = snippet?.text.split('\n').filter((line) => line.startsWith('export ')) ?? [];
  const before = log.events().length;
  const script = `${variables.join('\n')}\nexec "$0" --input-type=module -e "$1"`;
  const env = { PATH: process.env['PATH'], ...(withKey ? { FLEETBEAT_KEY: key } : {}) };
  await promisify(execFile)('sh', ['-c', script, process.execPath, TRACED_PROGRAM], {
    env,
    cwd: join(import.meta.dirname, '..'),
  });
  const [event] = log.events().slice(before);
  expect(agentEventSchema.parse(JSON.parse(event ?? ''))).toMatchObject({ agent_id: 'my-first-agent', input_tokens: 1_200 });
});

it('names the address and the key in every one of them', () => {
  for (const { name, text } of snippetsFor('https://gateway.example:4318/v1/events', true)) {
    expect(text, name).toContain(`https://gateway.example:4318${name === 'OpenTelemetry' ? '\n' : '/v1/events'}`);
    expect(text, name).toContain('FLEETBEAT_KEY');
  }
  for (const { name, text } of snippetsFor('https://gateway.example:4318/v1/events', false))
    expect(text, name).not.toContain('FLEETBEAT_KEY');
});
