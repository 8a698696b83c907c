import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { REDACTION_ROW, storedRedaction } from './read-redaction.ts';
import { createRedaction, type Redaction } from './redaction.ts';

/** How soon a change of the settings reaches a process, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

export interface WatchedRedaction {
  /** Null while it is off. */
  readonly current: Redaction | null;
  /** Reads the settings now. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps up with the settings of redaction, and goes on with the last it knows while the database is away. Rejects where the
 * first reading fails: nobody begins without knowing what must not be stored. `secret` is what hashes are keyed with.
 */
export async function watchRedaction(database: Database, secret: string, logger: Logger): Promise<WatchedRedaction> {
  let current: Redaction | null = null;
  let revision = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function refresh(): Promise<void> {
    const { rows } = await database.query<Parameters<typeof storedRedaction>[0] & object>(REDACTION_ROW);
    const settings = storedRedaction(rows[0]);
    if (settings.revision === revision) return;
    current = settings.enabled ? createRedaction(settings, secret) : null;
    revision = settings.revision;
    logger.info({ revision, enabled: settings.enabled }, 'redaction has changed');
  }

  await refresh();
  let looking = Promise.resolve();
  const look = (): void => {
    looking = refresh()
      .catch((error: unknown) => logger.warn({ err: error }, 'the settings of redaction could not be read'))
      .then(() => {
        if (!stopped) timer = setTimeout(look, LOOK_EVERY_MS);
      });
  };
  timer = setTimeout(look, LOOK_EVERY_MS);
  return {
    get current() {
      return current;
    },
    refresh,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
