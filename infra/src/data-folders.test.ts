import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { dataFolders, DEMO_FOLDER, folderWithDatabase, withRunningDatabase } from './data-folders.ts';

it('means the demo only where no folder is named', () => {
  expect(dataFolders({ dataDir: '/here/.data' }, {})).toEqual(['/here/.data', DEMO_FOLDER]);
  expect(dataFolders({ dataDir: '/here/.data' }, { FLEETBEAT_DATA: '' })).toEqual(['/here/.data', DEMO_FOLDER]);
  expect(dataFolders({ dataDir: '/there' }, { FLEETBEAT_DATA: '/there' })).toEqual(['/there']);
});

it('means the first folder that has a database, and says which one has none', async () => {
  const [empty, full] = [await mkdtemp(join(tmpdir(), 'fleetbeat-')), await mkdtemp(join(tmpdir(), 'fleetbeat-'))];
  try {
    await writeFile(join(full, 'postgres.json'), '{"port": 1, "password": "x"}');
    expect(folderWithDatabase([empty, full])).toBe(full);
    expect(folderWithDatabase([empty])).toBe(empty);
    await expect(withRunningDatabase(loadConfig({}), [empty, full])).rejects.toThrow(`no database runs for ${empty}`);
  } finally {
    await Promise.all([empty, full].map((folder) => rm(folder, { recursive: true })));
  }
});

it('leaves a database that is configured as it is', async () => {
  const config = loadConfig({ DATABASE_URL: 'postgresql://somewhere/fleet' });
  expect(await withRunningDatabase(config, [tmpdir()])).toBe(config);
});
