import { createLoginLink } from '@fleetbeat/infra/access/login-tokens.ts';
import { ConfigError, loadConfig } from '@fleetbeat/infra/config.ts';
import { withRunningDatabase } from '@fleetbeat/infra/data-folders.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';

/** `npm run login-link`: prints a new one-time sign-in link of the installation that runs here. */

async function printLink(): Promise<void> {
  const { databaseUrl = '', publicUrl } = await withRunningDatabase(loadConfig());
  const database = openDatabase(databaseUrl, createLogger('login-link', 'warn'), {
    connections: 1,
    name: 'fleetbeat login-link',
  });
  try {
    console.log(await createLoginLink(database, publicUrl));
  } finally {
    await database.end();
  }
}

await printLink().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
});
