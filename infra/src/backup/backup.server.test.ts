import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../database/embedded.ts';
import { createLogger } from '../logger.ts';
import { backUp } from './back-up.ts';
import { restore } from './restore.ts';

const logger = createLogger('backup-test', 'silent');

describe('the backup of an installation with an embedded database', () => {
  let parent: string;
  let dataDir: string;
  let file: string;
  let database: EmbeddedDatabase;
  let client: pg.Client;
  const running: EmbeddedDatabase[] = [];

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'fleetbeat-backup-'));
    dataDir = join(parent, 'data');
    file = join(parent, 'backup.tar.zst');
    database = await start(dataDir);
    await writeFile(join(dataDir, 'secret'), 'a secret of sixteen and more\n', { mode: 0o600 });
    client = await connect(database.url);
    await client.query('create table counted (n bigint primary key, filling text)');
  });
  afterAll(async () => {
    await client.end();
    for (const each of running) await each.stop();
    await rm(parent, { recursive: true, force: true });
  });

  async function start(folder: string): Promise<EmbeddedDatabase> {
    const started = await startEmbeddedDatabase(folder, logger);
    running.push(started);
    return started;
  }

  async function connect(url: string): Promise<pg.Client> {
    const opened = new pg.Client({ connectionString: url });
    opened.on('error', () => undefined);
    await opened.connect();
    return opened;
  }

  async function numbers(url: string): Promise<{ rows: number; greatest: number }> {
    const reader = await connect(url);
    try {
      const { rows } = await reader.query<{ rows: string; greatest: string }>(
        'select count(*) rows, max(n) greatest from counted',
      );
      return { rows: Number(rows[0]?.rows), greatest: Number(rows[0]?.greatest) };
    } finally {
      await reader.end();
    }
  }

  it('is taken while it is written to, and holds a state without holes that is no older than its beginning', async () => {
    let written = 0;
    let stopped = false;
    const writing = (async () => {
      while (!stopped) {
        await client.query(`insert into counted select n, repeat(md5(n::text), 20) from generate_series($1::bigint, $2) n`, [
          written + 1,
          written + 500,
        ]);
        written += 500;
        // Pages written to the files while they are copied.
        if (written % 5_000 === 0) await client.query('checkpoint');
      }
    })();
    await expect.poll(() => written).toBeGreaterThan(5_000);
    const before = written;
    expect(await backUp(dataDir, file)).toBeGreaterThan(1_000_000);
    stopped = true;
    await writing;
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const copy = join(parent, 'restored');
    await restore(file, copy);
    const { rows, greatest } = await numbers((await start(copy)).url);
    expect(greatest).toBeGreaterThanOrEqual(before);
    expect(greatest).toBeLessThanOrEqual(written);
    expect(rows).toBe(greatest);
    expect(await readdir(copy)).toEqual(expect.arrayContaining(['secret', 'postgres.json']));
    const slots = await client.query('select 1 from pg_replication_slots');
    expect(slots.rowCount).toBe(0);
  });

  it('is taken of an installation at rest, to the last row', async () => {
    const last = await numbers(database.url);
    await client.end();
    await database.stop();
    const atRest = join(parent, 'at-rest.tar.zst');
    await backUp(dataDir, atRest);
    const copy = join(parent, 'restored-at-rest');
    await restore(atRest, copy);
    expect(await numbers((await start(copy)).url)).toEqual(last);
  });

  it('replaces neither a backup nor an installation', async () => {
    await expect(backUp(dataDir, file)).rejects.toThrow(/EEXIST/);
    await expect(restore(file, dataDir)).rejects.toThrow(/is not empty/);
  });

  it('refuses what is no whole backup, and leaves nothing behind', async () => {
    const broken = join(parent, 'broken');
    await writeFile(broken, 'not a backup');
    await expect(restore(broken, join(parent, 'new'))).rejects.toThrow(/cannot be restored/);
    await writeFile(broken, (await readFile(file)).subarray(0, 1_000_000));
    await expect(restore(broken, join(parent, 'new'))).rejects.toThrow(/cannot be restored/);
    await expect(backUp(join(parent, 'nowhere'), join(parent, 'none'))).rejects.toThrow(/holds no database/);
    expect((await readdir(parent)).filter((name) => /^(new|none)/.test(name))).toEqual([]);
  });
});
