import { join } from 'node:path';
import { createLoginLink } from '@fleetbeat/infra/access/login-tokens.ts';
import { type Config, ConfigError, loadConfig } from '@fleetbeat/infra/config.ts';
import { runningDatabaseUrl } from '@fleetbeat/infra/database/embedded.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';

/** `npm run login-link`: prints a new one-time sign-in link of the installation that runs here. */

/** The data folder of `npm run demo`, where nothing names one and nothing runs on the usual one. */
const DEMO_FOLDER = join(import.meta.dirname, '..', '..', '..', '.data-demo');

async function databaseUrl(config: Config): Promise<string | undefined> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const url = await runningDatabaseUrl(config.dataDir);
  return url ?? (process.env['FLEETBEAT_DATA'] ? undefined : await runningDatabaseUrl(DEMO_FOLDER));
}

async function printLink(): Promise<void> {
  const config = loadConfig();
  const url = await databaseUrl(config);
  if (url === undefined) {
    throw new ConfigError([
      `DATABASE_URL is not set, and no database runs for ${config.dataDir}: start Fleetbeat first, or name its folder in FLEETBEAT_DATA`,
    ]);
  }
  const database = openDatabase(url, createLogger('login-link', 'warn'), { connections: 1, name: 'fleetbeat login-link' });
  try {
    console.log(await createLoginLink(database, config.publicUrl));
  } finally {
    await database.end();
  }
}

await printLink().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
});
