import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { every } from '../engine/every.ts';

const LOOK_EVERY_MS = 2_000;

export interface Erased {
  /** Of the erasure. */
  readonly id: number;
  /** Events that happened up to then are erased, epoch milliseconds. */
  readonly coversUntil: number;
}

export interface WatchedErasures {
  /** Whether there is anybody of whom events may still come. */
  readonly some: boolean;
  /** The newest erasure that is known of, 0 where there is none. */
  readonly version: number;
  /** The newest erasure of a user, who is given by the halves of the hash. */
  of(userHi: number, userLo: number): Erased | undefined;
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Keeps up with whose events are not to be kept when they come late or are read again. Rejects where the first reading fails. */
export async function watchErasures(database: Database, logger: Logger): Promise<WatchedErasures> {
  let byUser = new Map<string, Erased>();
  let version = 0;

  async function refresh(): Promise<void> {
    const { rows } = await database.query<{ id: number; hi: number | null; lo: number | null; covers: number }>(
      `select id, hash_hi as hi, hash_lo as lo, covers_until as covers from erasures
       where hash_hi is not null or id = (select max(id) from erasures) order by id`,
    );
    byUser = new Map(
      rows.flatMap(({ id, hi, lo, covers }) =>
        hi === null || lo === null ? [] : [[nameOf(hi, lo), { id, coversUntil: covers }]],
      ),
    );
    version = rows.at(-1)?.id ?? 0;
  }

  await refresh();
  const looking = every(LOOK_EVERY_MS, refresh, logger, 'erasures could not be read');
  return {
    get some() {
      return byUser.size > 0;
    },
    get version() {
      return version;
    },
    of: (hi, lo) => byUser.get(nameOf(hi, lo)),
    refresh,
    stop: () => looking.stop(),
  };
}

function nameOf(hi: number, lo: number): string {
  return `${hi}/${lo}`;
}
