import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { isAlive } from '../process-identity.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from './embedded.ts';
import { postgresAccount } from './postgres-account.ts';
import { findPostgresBinaries, readableCopy } from './postgres-binaries.ts';

const logger = createLogger('embedded-test', 'silent');

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function serverPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8'), 10);
}

describe('the embedded database below a folder that nobody else may enter', () => {
  let parent: string;
  let dataDir: string;
  let running: EmbeddedDatabase | undefined;

  beforeAll(async () => {
    // mkdtemp makes it 0700, as `mktemp -d` does.
    parent = await mkdtemp(join(tmpdir(), 'fleetbeat-embedded-'));
    dataDir = join(parent, 'data');
  });
  afterAll(async () => {
    await running?.stop();
    await rm(parent, { recursive: true, force: true });
  });

  it('starts, durable and on loopback only, and keeps its password to itself', async () => {
    running = await startEmbeddedDatabase(dataDir, logger);
    const settings = await query<{ name: string; setting: string }>(
      running.url,
      `select name, setting from pg_settings
       where name in ('synchronous_commit', 'fsync', 'listen_addresses', 'data_checksums', 'server_encoding') order by name`,
    );
    expect(settings.map(({ name, setting }) => `${name}=${setting}`)).toEqual([
      'data_checksums=on',
      'fsync=on',
      'listen_addresses=127.0.0.1',
      'server_encoding=UTF8',
      'synchronous_commit=on',
    ]);
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    await expect(query(running.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/);
  });

  it('keeps what was written over a stop, at the same address', async () => {
    const before = running?.url ?? '';
    await query(before, 'create table kept as select 42 answer');
    await running?.stop();
    await running?.stop();
    await expect(stat(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'))).rejects.toThrow();
    running = await startEmbeddedDatabase(dataDir, logger);
    expect(running.url).toBe(before);
    expect(await query(running.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('comes back at its own address or not at all where services know it', async () => {
    const before = running?.url ?? '';
    const port = Number(new URL(before).port);
    await running?.stop();
    const intruder = createServer().listen(port, '127.0.0.1');
    await once(intruder, 'listening');
    await expect(startEmbeddedDatabase(dataDir, logger, { port })).rejects.toThrow(`port ${port} was taken`);
    await new Promise((resolve) => intruder.close(resolve));
    running = await startEmbeddedDatabase(dataDir, logger, { port });
    expect(running.url).toBe(before);
  });

  it('says when the server has gone, and starts again after kill -9', async () => {
    await query(running?.url ?? '', 'insert into kept values (43)');
    process.kill(await serverPid(dataDir), 'SIGKILL');
    expect(await running?.gone).toContain('SIGKILL');
    running = await startEmbeddedDatabase(dataDir, logger);
    expect(await query(running.url, 'select answer from kept order by 1')).toEqual([{ answer: 42 }, { answer: 43 }]);
  });

  it('takes the place of a server whose supervisor was killed', async () => {
    const leftover = await serverPid(dataDir);
    const next = await startEmbeddedDatabase(dataDir, logger);
    expect(isAlive(leftover)).toBe(false);
    running = next;
    expect(await query(next.url, 'select count(*)::int n from kept')).toEqual([{ n: 2 }]);
  });
});

it.runIf(existsSync('/usr/bin/setpriv'))('ends with a supervisor that was killed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'fleetbeat-embedded-'));
  const program = `
    import { startEmbeddedDatabase } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))};
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, '..', 'logger.ts'))};
    await startEmbeddedDatabase(${JSON.stringify(dataDir)}, createLogger('test', 'silent'));
    console.log('runs');`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(supervisor.stdout, 'data');
    const server = await serverPid(dataDir);
    supervisor.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(server)).toBe(false), { timeout: 20_000, interval: 50 });
    // In order: nothing is left to be recovered from.
    expect(existsSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);
  } finally {
    supervisor.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
});

describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'a checkout that the database user may not enter',
  () => {
    it('runs a copy of the programs instead', async () => {
      const hidden = await mkdtemp(join(tmpdir(), 'fleetbeat-hidden-'));
      const account = postgresAccount();
      const inPlace = await findPostgresBinaries(account, logger);
      const native = join(inPlace.postgres, '..', '..');
      try {
        // A package of the same shape below the hidden folder.
        await cp(native, join(hidden, 'native'), { recursive: true, verbatimSymlinks: true });
        await chmod(hidden, 0o700);
        const copied = await readableCopy(join(hidden, 'native'), 'test', account ?? { name: '', uid: 0, gid: 0 }, logger);
        expect(copied.startsWith(hidden)).toBe(false);
        await rm(copied, { recursive: true, force: true });
      } finally {
        await rm(hidden, { recursive: true, force: true });
      }
    });
  },
);
