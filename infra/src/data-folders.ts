import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError } from './config.ts';
import { runningDatabaseUrl } from './database/embedded.ts';

/** Which installation of this machine a command means: that of the folder that is named; where none is, of the usual one, else the demo. */

/** The data folder of `npm run demo`. */
export const DEMO_FOLDER = join(import.meta.dirname, '..', '..', '.data-demo');

type Folders = readonly [string, ...string[]];

/** The data folders that may be meant, in this order. */
export function dataFolders({ dataDir }: Pick<Config, 'dataDir'>, env: NodeJS.ProcessEnv = process.env): Folders {
  return env['FLEETBEAT_DATA'] ? [dataDir] : [dataDir, DEMO_FOLDER];
}

/** Names the database of DATABASE_URL, else the first that runs on one of the folders. Throws a `ConfigError` where none does. */
export async function withRunningDatabase(config: Config, folders: Folders = dataFolders(config)): Promise<Config> {
  if (config.databaseUrl !== undefined) return config;
  for (const dataDir of folders) {
    const databaseUrl = await runningDatabaseUrl(dataDir);
    if (databaseUrl !== undefined) return { ...config, dataDir, databaseUrl };
  }
  throw new ConfigError([
    `DATABASE_URL is not set, and no database runs for ${folders[0]}: start Fleetbeat first, or name its folder in FLEETBEAT_DATA`,
  ]);
}

/** The first of the folders that has a database, whether it runs or not; the first of all where none has. */
export function folderWithDatabase(folders: Folders): string {
  return folders.find((folder) => existsSync(join(folder, 'postgres.json'))) ?? folders[0];
}
