import { userInfo } from 'node:os';
import { ConfigError, loadConfig } from '@fleetbeat/infra/config.ts';
import { withRunningDatabase } from '@fleetbeat/infra/data-folders.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { openEngines } from '@fleetbeat/infra/open-engines.ts';
import { refuseBeyondLog } from '@fleetbeat/infra/recompute/log-reach.ts';
import { addRecompute, cancelRecompute, wholeHours, type HourRange } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { AttemptLost, beginAttempt, fail, type Progress } from './attempt.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { progressLine } from './progress-line.ts';
import { ROLLUPS } from './rollups.ts';
import { isFinal, runRecompute } from './run-recompute.ts';

/**
 * `npm run recompute`: recomputes a range in the foreground and tells how far it is. Ctrl-C cancels. Exits with 0 when it is
 * done, 1 where it was refused or has failed, 64 for a wrong option, 78 for a wrong configuration, 130 after Ctrl-C.
 */

const TELL_EVERY_MS = process.stderr.isTTY ? 1_000 : 5_000;

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

async function recompute(range: HourRange): Promise<void> {
  const config = await withRunningDatabase(loadConfig());
  const logger = createLogger('recompute', config.logLevel === 'info' ? 'warn' : config.logLevel);
  const engines = openEngines(config, logger);
  const { database, eventLog, timeSeries } = engines;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Interrupted('cancelled: what is shown stays as it was')));
  try {
    await refuseBeyondLog(database, eventLog, range);
    const id = await inTransaction(database, (transaction) =>
      addRecompute(transaction, { origin: 'command', range, requestedBy: userInfo().username }),
    );
    const attempt = await beginAttempt(database, id);
    if (attempt === null) throw new AttemptLost('the recompute was cancelled');
    console.error(`recompute ${id}: from ${iso(range.from)} to ${iso(range.to)}`);
    await runRecompute({ database, eventLog, timeSeries, logger, reduce: ROLLUPS }, attempt, interrupted.signal, teller()).catch(
      async (error: unknown) => {
        if (interrupted.signal.aborted) await inTransaction(database, (transaction) => cancelRecompute(transaction, id));
        else await fail(database, attempt, error instanceof Error ? error.message : String(error));
        throw error;
      },
    );
    console.error(`recompute ${id}: done, the new rows are shown`);
  } finally {
    await engines.close();
  }
}

function teller(): (progress: Progress) => void {
  const began = Date.now();
  let told = 0;
  return (progress) => {
    const now = Date.now();
    if (now - told < TELL_EVERY_MS && progress.recordsRead < progress.records) return;
    told = now;
    console.error(progressLine(progress, now - began));
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), Date.now());
  if (options === 'help') console.log(USAGE);
  else await recompute(wholeHours(options));
}

await main().catch((error: unknown) => {
  process.exitCode = 1;
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 64;
  } else if (error instanceof ConfigError) {
    console.error(error.message);
    process.exitCode = 78;
  } else if (error instanceof Interrupted) {
    console.error(error.message);
    process.exitCode = 130;
  } else console.error(isFinal(error) || error instanceof AttemptLost ? (error as Error).message : error);
});
