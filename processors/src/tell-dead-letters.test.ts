import { ndjson, agentMessage } from '@fleetbeat/contracts/testing.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { expect, it } from 'vitest';
import type { CutStore } from './engine/cut-store.ts';
import { Cut } from './engine/cut.ts';
import { SeenIds } from './engine/seen-ids.ts';
import { tellingOfDeadLetters } from './tell-dead-letters.ts';
import { rollupOnly } from './testing/rollups.ts';

async function linesOf(values: readonly (readonly [value: Buffer, requestId?: string])[]): Promise<unknown[]> {
  const lines: unknown[] = [];
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) });
  const cut = new Cut({ topic: 'agent-events', source: 3, seq: 7, firstOffset: 40 }, new SeenIds(100), rollupOnly());
  values.forEach(([value, requestId], index) => {
    cut.add({ offset: 40 + index, appendedAt: Date.now(), key: null, value, count: 1, tick: false, requestId });
  });
  const store = { store: () => Promise.resolve() } as unknown as CutStore;
  await tellingOfDeadLetters(store, logger).store(cut);
  return lines;
}

it('names the requests that brought dead letters, and nothing of what they hold', async () => {
  const good = ndjson([agentMessage({})]);
  const bad = Buffer.from('"the secret of somebody"');
  const lines = await linesOf([[good, 'good'], [bad, 'bad-1'], [bad, 'bad-1'], [bad], [Buffer.alloc(0), 'bad-2']]);
  expect(lines).toEqual([
    expect.objectContaining({
      ...{ level: 'warn', topic: 'agent-events', source: 3, seq: 7, offset: 41 },
      ...{ codes: { not_json: 3, empty: 1 }, request_ids: ['bad-1', 'bad-2'] },
    }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('somebody');
});

it('says nothing of a cut without dead letters, and names ten requests at most', async () => {
  expect(await linesOf([[ndjson([agentMessage({})]), 'good']])).toEqual([]);
  const many = Array.from({ length: 30 }, (_, index) => [Buffer.from('7'), `bad-${index}`] as const);
  expect(await linesOf(many)).toMatchObject([
    { codes: { not_json: 30 }, request_ids: expect.toSatisfy((ids: string[]) => ids.length === 10) as unknown },
  ]);
});
