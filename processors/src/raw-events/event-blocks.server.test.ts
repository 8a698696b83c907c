import { zstdDecompressSync } from 'node:zlib';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DecodedEvent } from '../engine/decode.ts';
import { append, EventBlocks } from './event-blocks.ts';

const T = Date.UTC(2026, 0, 5);
const AGENTS = 1_000;

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

/** Lines of an agent: most have little, every hundredth much. */
function linesOf(agent: number): string[] {
  return Array.from({ length: agent % 100 === 7 ? 200 : 1 + (agent % 13) }, (_, n) =>
    JSON.stringify({ agent_id: `agent-${agent}`, n, content: `häy ${'☃'.repeat(n % 50)}` }),
  );
}

it('gives every agent its lines back, though small blocks share frames, of which the newest row is dropped last', async () => {
  const blocks = new EventBlocks();
  for (let agent = 0; agent < AGENTS; agent++) {
    for (const [n, line] of linesOf(agent).entries()) {
      const bytes = Buffer.from(`xx${line}\nyy`);
      append(blocks.of(`agent-${agent}`), {
        bytes,
        start: 2,
        end: bytes.length - 3,
        ts: T + ((agent * 7_919) % 600) * 1_000 + n,
      } as DecodedEvent);
    }
  }
  await inTransaction(fresh.database, (transaction) => blocks.save(transaction, 1, 5));

  interface Row {
    agent_id: string;
    events: number;
    frame: Buffer;
    text_from: number | null;
    text_to: number | null;
    is_own: boolean;
    newer: boolean;
  }
  const { rows } = await fresh.database.query<Row>(
    `select b.agent_id, b.events, f.block as frame, b.text_from, b.text_to, b.frame_of is null as is_own, f.max_ts >= b.max_ts as newer
     from event_blocks b join event_blocks f on f.source = b.source and f.seq = b.seq and f.agent_id = coalesce(b.frame_of, b.agent_id)`,
  );
  const found = new Map(
    rows.map(({ agent_id: agent, frame, text_from: from, text_to: to }) => {
      const text = zstdDecompressSync(frame).subarray(from ?? 0, to ?? undefined);
      return [agent, text.toString().split('\n')];
    }),
  );
  expect(found).toEqual(new Map(Array.from({ length: AGENTS }, (_, agent) => [`agent-${agent}`, linesOf(agent)])));
  for (const { agent_id: agent, events } of rows) expect(found.get(agent)).toHaveLength(events);
  expect(rows.filter(({ newer }) => !newer)).toEqual([]);
  const alone = rows.filter(({ text_from: from }) => from === null);
  const frames = rows.filter(({ is_own: isOwn }) => isOwn).length;
  expect(alone).toHaveLength(AGENTS / 100);
  expect(frames - alone.length).toBeGreaterThan(2);
  expect(frames).toBeLessThan(AGENTS / 10);
});
