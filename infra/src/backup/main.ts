import { ConfigError, loadConfig } from '../config.ts';
import { dataFolders, folderWithDatabase } from '../data-folders.ts';
import { backUp } from './back-up.ts';
import { restore } from './restore.ts';

/** `npm run backup -- FILE` and `npm run restore -- FILE`, for the data folder that FLEETBEAT_DATA names; a backup finds the demo's too. */
async function run([command, file]: readonly string[]): Promise<void> {
  const config = loadConfig();
  if (config.databaseUrl !== undefined) {
    throw new ConfigError(['DATABASE_URL is set: that database is backed up by its own tools, as docs/backup.md says']);
  }
  if (file === undefined) throw new ConfigError([`name the file: npm run ${command ?? 'backup'} -- fleetbeat.tar.zst`]);
  if (command === 'restore') {
    const { made_at } = await restore(file, config.dataDir);
    console.log(`${config.dataDir} is as it was at ${made_at}; npm start goes on from there`);
  } else {
    const dataDir = folderWithDatabase(dataFolders(config));
    const bytes = await backUp(dataDir, file);
    console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB of ${dataDir}`);
  }
}

await run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`fleetbeat: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
});
