import * as z from 'zod';
import type { ReplayedLetter, ReplayedLetters } from '@fleetbeat/contracts/api.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import type { EventLog, NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { currentRequest } from '@fleetbeat/infra/request-id.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { eventOf, type ReplayableEvent } from './corrected-event.ts';
import type { LetterPlace } from './read-model.ts';

/** Letters read, appended and marked together. */
const LETTERS_AT_ONCE = 100;
/** Letters that one request looks at, at most. */
const LOOKED_AT = 2_000;
const REFUSALS_TOLD = 20;

const POSITION = z.tuple([z.number().int(), z.number().int(), z.number().int(), z.number().int()]);

export interface ReplayFilter {
  code?: string | undefined;
  topic?: EventTopic | undefined;
  /** Letters replayed at most. */
  limit: number;
  cursor?: string | undefined;
}

interface LetterRow {
  id: string;
  source: number;
  offset: number;
  position: number;
  topic: EventTopic;
  appendedAt: number;
  payload: Buffer;
  replayedAt: number | null;
}

const LETTERS = `
  select d.source || '-' || d.log_offset || '-' || d.position as id, d.source, d.log_offset as offset, d.position, s.topic,
    d.appended_at as "appendedAt", d.payload, (extract(epoch from d.replayed_at) * 1000)::bigint as "replayedAt"
  from dead_letters d join sources s on s.id = d.source`;

interface Effects {
  database: Database;
  eventLog: Pick<EventLog, 'append' | 'partitionCount'>;
  now: () => number;
}

export type Replay = ReturnType<typeof createReplay>;

/**
 * Puts dead letters into the log again. A letter is locked, its event appended, then the letter marked: after a crash in
 * between it is replayed once more under the same id, and counts once.
 */
export function createReplay({ database, eventLog, now }: Effects) {
  return { one, many };

  /** Null where there is no such letter. Throws the problem `not-valid`, `time-out-of-range` or `already-replayed`. */
  async function one(
    place: LetterPlace,
    corrected: Readonly<Record<string, unknown>> | undefined,
    again: boolean,
  ): Promise<ReplayedLetter | null> {
    return inTransaction(database, async (transaction) => {
      const { rows } = await transaction.query<LetterRow>(
        `${LETTERS} where d.source = $1::int and d.log_offset = $2 and d.position = $3 for update of d`,
        [place.source, place.offset, place.position],
      );
      const letter = rows[0];
      if (letter === undefined) return null;
      if (letter.replayedAt !== null && !again) {
        const when = new Date(letter.replayedAt).toISOString();
        throw new HttpProblem(409, 'already-replayed', `this letter was replayed at ${when}; ?again=true replays it once more`);
      }
      const event = eventOf(letter, corrected, now());
      if (event.kind === 'not-valid') throw new HttpProblem(422, 'not-valid', `the event cannot be processed: ${event.reason}`);
      if (event.kind === 'time-out-of-range') {
        throw new HttpProblem(409, 'time-out-of-range', `the event can no longer be counted: ${event.reason}`);
      }
      const record = await recordOf(letter.topic, event);
      await eventLog.append([record]);
      const replayedAt = await mark(transaction, [letter]);
      return {
        id: letter.id,
        topic: letter.topic,
        partition: record.partition,
        event_id: event.eventId,
        replayed_at: replayedAt,
      };
    });
  }

  /** Replays letters that are valid as they are and were not replayed yet, oldest first. */
  async function many(filter: ReplayFilter): Promise<ReplayedLetters> {
    const answer: ReplayedLetters = { replayed: 0, refused: 0, refusals: [], next_cursor: filter.cursor ?? null };
    for (let lookedAt = 0; answer.replayed < filter.limit && lookedAt < LOOKED_AT;) {
      const wanted = Math.min(LETTERS_AT_ONCE, filter.limit - answer.replayed);
      const letters = await inTransaction(database, (transaction) => replayPage(transaction, filter, wanted, answer));
      lookedAt += letters.length;
      const last = letters.at(-1);
      answer.next_cursor = last === undefined || letters.length < wanted ? null : encodeCursor(positionOf(last));
      if (answer.next_cursor === null) break;
    }
    return answer;
  }

  async function replayPage(
    transaction: Transaction,
    filter: ReplayFilter,
    limit: number,
    answer: ReplayedLetters,
  ): Promise<LetterRow[]> {
    const letters = await nextLetters(transaction, { ...filter, cursor: answer.next_cursor ?? undefined, limit });
    const events: NewRecord[] = [];
    const replayed: LetterRow[] = [];
    for (const letter of letters) {
      const event = eventOf(letter, undefined, now());
      if (event.kind === 'event') {
        events.push(await recordOf(letter.topic, event));
        replayed.push(letter);
      } else {
        answer.refused++;
        if (answer.refusals.length < REFUSALS_TOLD) answer.refusals.push({ id: letter.id, reason: event.reason });
      }
    }
    if (replayed.length > 0) {
      await eventLog.append(events);
      await mark(transaction, replayed);
      answer.replayed += replayed.length;
    }
    return letters;
  }

  async function recordOf(topic: EventTopic, { key, line }: ReplayableEvent): Promise<NewRecord> {
    const partition = partitionOf(key, await eventLog.partitionCount(topic));
    return { topic, partition, key, value: Buffer.from(line), count: 1, requestId: currentRequest() };
  }
}

/** Letters that were not replayed, in the order in which they came; those that somebody else replays now are left out. */
async function nextLetters(transaction: Transaction, filter: ReplayFilter): Promise<LetterRow[]> {
  const values: unknown[] = [];
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['d.replayed_at is null'];
  if (filter.code !== undefined) conditions.push(`d.code = ${place(filter.code)}`);
  if (filter.topic !== undefined) conditions.push(`s.topic = ${place(filter.topic)}`);
  if (filter.cursor !== undefined) {
    const [appendedAt, source, offset, position] = decodeCursor(filter.cursor, POSITION);
    const at = place(appendedAt);
    conditions.push(
      `d.appended_at >= ${at} and (d.appended_at, d.source, d.log_offset, d.position) >
         (${at}, ${place(source)}, ${place(offset)}, ${place(position)})`,
    );
  }
  const { rows } = await transaction.query<LetterRow>(
    `${LETTERS} where ${conditions.join(' and ')} order by d.appended_at, d.source, d.log_offset, d.position
     limit ${place(filter.limit)} for update of d skip locked`,
    values,
  );
  return rows;
}

function positionOf({ appendedAt, source, offset, position }: LetterRow): number[] {
  return [appendedAt, source, offset, position];
}

/** Answers when, in epoch milliseconds. */
async function mark(transaction: Transaction, letters: readonly LetterRow[]): Promise<number> {
  const { rows } = await transaction.query<{ at: number }>(
    `update dead_letters d set replayed_at = now()
     from unnest($1::smallint[], $2::bigint[], $3::int[]) as letter (source, log_offset, position)
     where d.source = letter.source and d.log_offset = letter.log_offset and d.position = letter.position
     returning (extract(epoch from replayed_at) * 1000)::bigint as at`,
    [letters.map(({ source }) => source), letters.map(({ offset }) => offset), letters.map(({ position }) => position)],
  );
  const at = rows[0]?.at;
  if (at === undefined) throw new Error('a letter that was locked is gone');
  return at;
}
