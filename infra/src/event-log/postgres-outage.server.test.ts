import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { freshDatabase } from '../testing/servers.ts';
import { LogUnavailable } from './event-log.ts';
import { createPostgresEventLog } from './postgres.ts';
import { logger, PARTITION, range, record, recorder, WAIT } from './test-worlds.ts';

/** Stands between a client and a server, and can be as if there were none. */
class Cable {
  readonly #host: string;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(url: URL) {
    this.#host = url.hostname;
    this.#port = Number(url.port);
  }

  async plug(): Promise<void> {
    const server = createServer((near) => {
      const far = createConnection(this.#port, this.#host);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  async pull(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

describe('event log on Postgres that goes away', () => {
  it('refuses appends while it is away, and goes on by itself without losing or skipping anything', async () => {
    const fresh = await freshDatabase();
    const url = new URL(fresh.url);
    const cable = new Cable(url);
    await cable.plug();
    url.host = `127.0.0.1:${cable.port}`;
    const pool = openDatabase(url.href, logger);
    const log = createPostgresEventLog(pool, logger);
    await log.createTopics();
    const reader = recorder();
    const tailed: string[] = [];
    await log.consume('group', ['agent-events'], reader);
    await log.tail('agent-events', (records) => tailed.push(...records.map(({ value }) => value.toString())));
    const appended: string[] = [];
    const append = async (value: string) => {
      await log.append([record(value)]);
      appended.push(value);
    };
    for (const i of range(0, 5)) await append(`before ${i}`);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(appended), WAIT);

    await cable.pull();
    await expect(log.append([record('while away')])).rejects.toThrow(LogUnavailable);
    await expect(log.ping()).rejects.toThrow();
    // Longer than a lease, which nobody else could take either.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const idle = reader.idle;
    await vi.waitFor(() => expect(reader.idle).toBeGreaterThan(idle), WAIT);

    await cable.plug();
    await vi.waitFor(() => append('after'), WAIT);
    for (const i of range(0, 5)) await append(`after ${i}`);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(appended), WAIT);
    expect(reader.offsets(PARTITION)).toEqual(range(0, appended.length));
    await vi.waitFor(() => expect(tailed).toEqual(appended), WAIT);
    expect(reader.assignments.filter(({ partition }) => partition === 0)).toHaveLength(1);

    await log.close();
    await pool.end();
    await cable.pull();
    await fresh.drop();
  });
});
