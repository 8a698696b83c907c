import { setImmediate as letOthersRun } from 'node:timers/promises';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import { userOf } from '@fleetbeat/infra/erasure/erasure-rows.ts';
import { eraseFromFrame, literalOf, unpackFrameOf, type Part, type UserEvents } from './erase-block.ts';
import { letterFacts } from './letter-facts.ts';

/** Blocks, and bytes of them, that are looked through in one transaction. */
const BLOCKS_AT_ONCE = 256;
const BYTES_AT_ONCE = 8 * 2 ** 20;
const LETTERS_AT_ONCE = 1_000;
const MOST_ATTEMPTS = 5;
/** Whoever erases gives a sign of life with every transaction; after this long without one it counts as dead. */
const SILENT_FOR = '1 minute';
/** One erasure at a time. Any number that nobody else uses. */
const BEGIN_LOCK = 6_174_902_343;

/** One run of an erasure. What it has done stands: another one goes on from there. */
export interface ErasureAttempt {
  readonly id: number;
  readonly subject: string;
  readonly attempt: number;
  readonly coversUntil: number;
  readonly user: Buffer;
  /** The request that asked for it. */
  readonly requestId: string | null;
  /** The last block that an earlier attempt has looked through. */
  readonly reached: BlockPlace | null;
}

/** Another process has taken the erasure for abandoned and gone on with it. */
export class ErasureLost extends Error {
  override readonly name = 'ErasureLost';
}

/** Takes up the oldest erasure that nobody is at; null where there is none, or one is under way. */
export async function beginErasure(database: Database): Promise<ErasureAttempt | null> {
  return inTransaction(database, async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [BEGIN_LOCK]);
    const { rows } = await transaction.query<ErasureAttempt>(
      `update erasures set state = 'running', attempts = attempts + 1, heard_at = clock_timestamp(),
         started_at = coalesce(started_at, clock_timestamp())
       where id = (select min(id) from erasures where state in ('queued', 'running'))
         and (state = 'queued' or heard_at < clock_timestamp() - interval '${SILENT_FOR}')
       returning id, subject, attempts as attempt, covers_until as "coversUntil", user_id as user, reached,
         request_id as "requestId"`,
    );
    const begun = rows[0];
    if (begun === undefined) return null;
    if (begun.attempt > MOST_ATTEMPTS) {
      await endErasure(transaction, begun, 'failed', `${MOST_ATTEMPTS} attempts have failed`);
      return null;
    }
    return begun;
  });
}

/**
 * Erases a user's events from the raw events and the dead letters, some in each transaction. Rejects with `ErasureLost`,
 * `DecryptionFailure` where the id cannot be read, with the reason of `signal`, and as the database does.
 */
export async function runErasure(
  database: Database,
  secret: string,
  attempt: ErasureAttempt,
  signal: AbortSignal,
): Promise<void> {
  const { subject, coversUntil } = attempt;
  const user: UserEvents = { userId: userOf(secret, subject, attempt.user), coversUntil };
  const steps = [await createEraseBlocks(database, attempt), createEraseLetters()];
  for (const step of steps) {
    for (let more = true; more;) {
      signal.throwIfAborted();
      more = await inTransaction(database, (transaction) => step(transaction, attempt, user));
    }
  }
  await inTransaction(database, (transaction) => endErasure(transaction, attempt, 'done', null));
}

export async function endErasure(
  transaction: Transaction | Database,
  { id, attempt }: Pick<ErasureAttempt, 'id' | 'attempt'>,
  state: 'done' | 'failed',
  reason: string | null,
): Promise<void> {
  const { rowCount } = await transaction.query(
    `update erasures set state = $3, reason = $4, user_id = null, blocks = greatest(blocks_read, blocks), ended_at = clock_timestamp(),
       blocks_read = case when $3 = 'done' then greatest(blocks_read, blocks) else blocks_read end
     where id = $1 and attempts = $2 and state = 'running'`,
    [id, attempt, state, reason],
  );
  if (rowCount === 0) throw new ErasureLost('another process has gone on with the erasure');
}

/** Has it begun again later, by whoever asks first. */
export async function putErasureBack(database: Database, { id, attempt }: ErasureAttempt, reason: string): Promise<void> {
  await database.query(
    `update erasures set state = 'queued', reason = $3 where id = $1 and attempts = $2 and state = 'running'`,
    [id, attempt, reason],
  );
}

/** Forgets by what late events of erased users are recognised, where none can come any more. Answers of how many. */
export async function forgetErased(database: Database, now: number): Promise<number> {
  const { rowCount } = await database.query(
    `update erasures set hash_hi = null, hash_lo = null where hash_hi is not null and watched_until < $1 and state in ('done', 'failed')`,
    [now],
  );
  return rowCount ?? 0;
}

interface Progress {
  readonly blocks: number;
  readonly events: number;
  readonly letters: number;
  readonly reached: object | null;
}

async function noteProgress(transaction: Transaction, { id, attempt }: ErasureAttempt, progress: Progress): Promise<void> {
  const { rowCount } = await transaction.query(
    `update erasures set blocks_read = blocks_read + $3, raw_events = raw_events + $4, dead_letters = dead_letters + $5,
       reached = coalesce($6, reached), heard_at = clock_timestamp()
     where id = $1 and attempts = $2 and state = 'running'`,
    [id, attempt, progress.blocks, progress.events, progress.letters, progress.reached],
  );
  if (rowCount === 0) throw new ErasureLost('another process has gone on with the erasure');
}

interface BlockPlace {
  readonly source: number;
  readonly seq: number;
  readonly agent_id: string;
}

interface BlockRow extends BlockPlace {
  readonly block: Buffer;
  /** Of a block that shares its frame with others: see migrations/0040-shared-frames.sql. */
  readonly frame_of?: string | null;
  readonly text_from?: number | null;
}

/** Blocks of cuts that were stored when the attempt began: later ones know of the erasure. */
const OF_CUTS =
  'exists (select from unnest($1::smallint[], $2::bigint[]) as c (source, seq) where c.source = b.source and b.seq <= c.seq)';

/** The next blocks after the last one that was looked through. Retention may want to take them meanwhile: it waits. */
const NEXT_BLOCKS = `
  with sized as (
    select source, seq, agent_id, sum(octet_length(block)) over (order by source, seq, agent_id) - octet_length(block) as before
    from (
      select source, seq, agent_id, block from event_blocks b
      where (source, seq, agent_id) > ($3, $4, $5) and ${OF_CUTS}
      order by source, seq, agent_id limit ${BLOCKS_AT_ONCE}
    ) next
  )
  select b.* from event_blocks b join sized s using (source, seq, agent_id)
  where s.before < ${BYTES_AT_ONCE} order by b.source, b.seq, b.agent_id for update of b`;

async function createEraseBlocks(database: Database, { id, reached }: ErasureAttempt) {
  const { rows: cuts } = await database.query<{ source: number; seq: number }>(
    'select s.id as source, (select max(seq) from cuts c where c.source = s.id) as seq from sources s',
  );
  const newest = [cuts.map(({ source }) => source), cuts.map(({ seq }) => seq)];
  if (reached === null) {
    const count = `(select count(*) from event_blocks b where ${OF_CUTS})`;
    await database.query(`update erasures set blocks = ${count} where id = $3`, [...newest, id]);
  }
  let after = reached ?? { source: -1, seq: -1, agent_id: '' };
  return async (transaction: Transaction, attempt: ErasureAttempt, user: UserEvents): Promise<boolean> => {
    const place = [after.source, after.seq, after.agent_id];
    const { rows } = await transaction.query<BlockRow>(NEXT_BLOCKS, [...newest, ...place]);
    let events = 0;
    for (const row of rows) {
      // The frame of others is looked through with the row that has it.
      if (row.frame_of != null) continue;
      const text = unpackFrameOf(row.block, user);
      await letOthersRun();
      if (text !== null) events += await eraseFrame(transaction, row, text, user);
    }
    const last = rows.at(-1);
    if (last !== undefined) after = { source: last.source, seq: last.seq, agent_id: last.agent_id };
    await noteProgress(transaction, attempt, { blocks: rows.length, events, letters: 0, reached: after });
    return rows.length > 0;
  };
}

/** Answers how many events were erased. */
async function eraseFrame(transaction: Transaction, holder: BlockRow, text: Buffer, user: UserEvents): Promise<number> {
  const { source, seq, agent_id: agentId } = holder;
  const isShared = holder.text_from != null;
  const left = eraseFromFrame(text, isShared ? await partsOf(transaction, holder) : [{ agentId, from: null, to: null }], user);
  if (left === null) return 0;
  await transaction.query('update event_blocks set block = $4 where source = $1 and seq = $2 and agent_id = $3', [
    source,
    seq,
    agentId,
    left.frame,
  ]);
  for (const part of left.parts) {
    await transaction.query(
      `update event_blocks set events = events - $4, erased = erased + $4 ${isShared ? ', text_from = $5, text_to = $6' : ''}
       where source = $1 and seq = $2 and agent_id = $3`,
      [source, seq, part.agentId, part.erased, ...(isShared ? [part.from, part.to] : [])],
    );
  }
  return left.parts.reduce((sum, { erased }) => sum + erased, 0);
}

async function partsOf(transaction: Transaction, { source, seq, agent_id: holder }: BlockRow): Promise<Part[]> {
  const { rows } = await transaction.query<Part>(
    `select agent_id as "agentId", text_from as "from", text_to as "to" from event_blocks
     where source = $1 and seq = $2 and (agent_id = $3 or frame_of = $3) order by text_from, text_to for update`,
    [source, seq, holder],
  );
  return rows;
}

interface LetterRow {
  readonly source: number;
  readonly offset: number;
  readonly position: number;
  readonly appendedAt: number;
  readonly payload: Buffer;
}

/** Where the id is written as it is, or anything is escaped. */
const NEXT_LETTERS = `
  select source, log_offset as offset, position, appended_at as "appendedAt", payload from dead_letters
  where (source, log_offset, position) > ($1, $2, $3) and (position($4::bytea in payload) > 0 or position('\\x5c'::bytea in payload) > 0)
  order by source, log_offset, position limit ${LETTERS_AT_ONCE} for update`;

function createEraseLetters() {
  let after: [source: number, offset: number, position: number] = [-1, -1, -1];
  return async (transaction: Transaction, attempt: ErasureAttempt, { userId, coversUntil }: UserEvents): Promise<boolean> => {
    const { rows } = await transaction.query<LetterRow>(NEXT_LETTERS, [...after, Buffer.from(literalOf(userId))]);
    const erased = rows.filter(({ payload, appendedAt }) => {
      const { user, ts } = letterFacts(payload);
      return user === userId && Math.min(appendedAt, ts ?? appendedAt) <= coversUntil;
    });
    await transaction.query(
      `delete from dead_letters d using unnest($1::smallint[], $2::bigint[], $3::int[]) as e (source, log_offset, position)
       where d.source = e.source and d.log_offset = e.log_offset and d.position = e.position`,
      [erased.map(({ source }) => source), erased.map(({ offset }) => offset), erased.map(({ position }) => position)],
    );
    await noteProgress(transaction, attempt, { blocks: 0, events: 0, letters: erased.length, reached: null });
    const last = rows.at(-1);
    if (last !== undefined) after = [last.source, last.offset, last.position];
    return rows.length === LETTERS_AT_ONCE;
  };
}
