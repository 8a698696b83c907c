import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { READY_MESSAGE } from '@fleetbeat/infra/service-context.ts';
import { freshDatabase, redisUrl, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { addChannel, enqueue, readDelivery, SECRET } from '../testing/channel-rows.ts';
import { notice } from '../testing/notice.ts';
import { answer, hang, startReceiver, type Receiver } from '../testing/receiver.ts';
import { LEASE_MS } from './claim-due.ts';

const SERVICE = join(import.meta.dirname, '../../../../infra/src/service.ts');
const soon = { timeout: 20_000, interval: 50 };

/** The jobs service in a process of its own, over real engines, killed with nothing said to it. */
function contract(queueUrl: () => string | undefined): void {
  let fresh: FreshDatabase;
  let receiver: Receiver;
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    [fresh, receiver, dataDir] = await Promise.all([
      freshDatabase(),
      startReceiver(),
      mkdtemp(join(tmpdir(), 'fleetbeat-jobs-')),
    ]);
  });
  afterAll(async () => {
    for (const child of children) await end(child);
    await receiver.close();
    await fresh.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function startJobs(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [SERVICE, 'jobs'], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: fresh.url,
        REDIS_URL: queueUrl(),
        FLEETBEAT_DATA: dataDir,
        FLEETBEAT_SECRET: SECRET,
        NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8',
        LOG_LEVEL: 'fatal',
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message) => message === READY_MESSAGE && resolve());
      child.once('exit', (code, signal) => reject(new Error(`jobs ended with ${code ?? signal} before it was ready`)));
    });
    return child;
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  it('is sent again by another worker under the same key, and then no more', async () => {
    receiver.behave(hang);
    const first = await startJobs();
    const channel = await addChannel(
      fresh.database,
      'webhook',
      { url: receiver.url },
      { signing_secret: 'a shared signing secret' },
    );
    const id = await enqueue(fresh.database, channel, 'incident-7:1', notice({ at: Date.now() }));
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), soon);
    await end(first);
    expect(await readDelivery(fresh.database, id)).toMatchObject({ state: 'queued', attempts: 1, log: [null] });

    receiver.behave(answer(200));
    await startJobs();
    // The lease of the dead passes at once.
    await fresh.database.query('update deliveries set next_try_at = next_try_at - $1, claimed_until = claimed_until - $1', [
      LEASE_MS,
    ]);
    await vi.waitFor(async () => expect(await readDelivery(fresh.database, id)).toMatchObject({ state: 'delivered' }), soon);
    expect(await readDelivery(fresh.database, id)).toMatchObject({ attempts: 2, log: [null, 'delivered'] });
    expect(receiver.received.map(({ headers }) => headers['idempotency-key'])).toEqual(['incident-7:1', 'incident-7:1']);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
  });

  it('goes on to serve what comes, promptly', async () => {
    const channel = await addChannel(fresh.database, 'webhook', { url: receiver.url });
    const began = Date.now();
    const ids: number[] = [];
    for (let n = 0; n < 20; n++)
      ids.push(await enqueue(fresh.database, channel, `more:${n}`, notice({ dedup_key: `${n}`, at: Date.now() })));
    await vi.waitFor(async () => {
      const rows = await Promise.all(ids.map((id) => readDelivery(fresh.database, id)));
      expect(rows.map(({ state }) => state)).toEqual(ids.map(() => 'delivered'));
    }, soon);
    expect(Date.now() - began).toBeLessThan(10_000);
    const keys = receiver.received
      .map(({ headers }) => headers['idempotency-key'])
      .filter((key) => String(key).startsWith('more:'));
    expect(new Set(keys).size).toBe(20);
    expect(keys).toHaveLength(20);
  });
}

describe('a delivery whose worker is killed, over Postgres alone,', () => {
  contract(() => undefined);
});

const redis = redisUrl();
describe.skipIf(redis === null)('a delivery whose worker is killed, over Redis,', () => {
  // A database of its own, as the service's keys are the same in every installation.
  const url = `${redis ?? ''}/9`;
  afterAll(async () => {
    const client = new Redis(url);
    await client.flushdb();
    client.disconnect();
  });
  contract(() => url);
});
