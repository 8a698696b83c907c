import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { runningDatabaseUrl } from '@fleetbeat/infra/database/embedded.ts';
import { createPostgresEventLog } from '@fleetbeat/infra/event-log/postgres.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { postTo } from './post-to.ts';
import { addPerson } from './seed-incidents.ts';
import type { RunningSystem } from './start-system.ts';

const HOUR = 3_600_000;

/** What goes wrong: channels that cannot send, events that nobody understands; and somebody who may only look, by the name of "vera". */
export async function seedTrouble(system: Pick<RunningSystem, 'api' | 'key' | 'get' | 'dataDir'>): Promise<void> {
  await addPerson(system, 'Vera Blum', 'viewer');
  const mail = {
    host: 'mail.example.org',
    port: 587,
    security: 'starttls',
    from: 'fleetbeat@example.org',
    to: ['team@example.org'],
  };
  await postTo(system, '/channels', { type: 'email', name: 'Team mail', config: mail });
  for (const [name, url] of [['Ticket system', 'https://tickets.example.invalid/new']]) {
    const { id } = await postTo<{ id: string }>(system, '/channels', { type: 'webhook', name, config: { url } });
    await postTo(system, `/channels/${id}/test`, undefined);
  }
  await writeNonsense(system);
}

/** The gateway refuses what nobody understands: as other clients of the log do, it is written there straight. */
async function writeNonsense({ dataDir }: Pick<RunningSystem, 'dataDir'>): Promise<void> {
  const url = await runningDatabaseUrl(dataDir);
  if (url === undefined) throw new Error(`no database runs for ${dataDir}`);
  const logger = createLogger('seed', 'error');
  const database = openDatabase(url, logger, { connections: 4, name: 'seed' });
  const eventLog = createPostgresEventLog(database, logger);
  const message = { agent_id: 'crawler-7', message_type: 'agent_response' };
  const values = [
    JSON.stringify({ ...message, response_time_ms: 'fast', content: 'The index holds 1,204 pages.' }),
    JSON.stringify({ ...message, message_type: 'a kind of its own' }),
    JSON.stringify({ ...message, ts: Date.now() - 40 * HOUR, content: 'Sent after a long night' }),
    '{"agent_id": "crawler-7", "message_type": "agent_resp',
    Buffer.from([0xff, 0xfe, 0x00, 0x41]),
    `<html><title>${'502 Bad Gateway '.repeat(40)}</title></html>`,
  ];
  try {
    await eventLog.append(
      values.map((value) => ({ topic: 'agent-events', partition: 0, key: 'crawler-7', value: Buffer.from(value), count: 1 })),
    );
  } finally {
    await eventLog.close();
    await database.end();
  }
}
