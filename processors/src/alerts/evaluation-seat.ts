import { randomUUID } from 'node:crypto';
import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Whoever says nothing for so long, in milliseconds, has lost it: longer than a round takes. */
const HELD_FOR_MS = 5_000;

/**
 * The right to evaluate rules, which one process keeps for as long as it asks for it every second. What is not stored yet
 * differs from process to process: where they took turns, one would end what another has found.
 */
export class EvaluationSeat {
  readonly #database: Database;
  readonly #owner = randomUUID();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether this process has it, which it takes where nobody has. Rejects where the database cannot be used. */
  async isMine(): Promise<boolean> {
    const { rowCount } = await this.#database.query(
      `insert into alert_evaluator as e (owner, until) values ($1, clock_timestamp() + $2 * interval '1 millisecond')
       on conflict (id) do update set owner = excluded.owner, until = excluded.until
       where e.owner = excluded.owner or e.until < clock_timestamp()`,
      [this.#owner, HELD_FOR_MS],
    );
    return rowCount === 1;
  }

  /** Gives it up, so that another process need not wait. */
  async leave(): Promise<void> {
    await this.#database.query('delete from alert_evaluator where owner = $1', [this.#owner]);
  }
}
