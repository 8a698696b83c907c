import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import type { DeadLetter, List, WholeDeadLetter } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface DeadLetterFilter {
  code?: string | undefined;
  topic?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Characters of a payload that an answer holds at most, and the bytes that are read to have as many. */
const PAYLOAD_CHARACTERS = 4_096;
const PAYLOAD_BYTES = 4 * PAYLOAD_CHARACTERS;

const POSITION = z.tuple([z.number().int(), z.number().int(), z.number().int(), z.number().int()]);

interface DeadLetterRow {
  source: number;
  topic: string;
  partition: number;
  log_offset: number;
  position: number;
  appended_at: number;
  key: string | null;
  code: string;
  reason: string;
  payload: Buffer;
  replayed_at: number | null;
  request_id: string | null;
}

const COLUMNS = `d.source, s.topic, s.partition, d.log_offset, d.position, d.appended_at, d.key, d.code, d.reason, d.request_id,
  (extract(epoch from d.replayed_at) * 1000)::bigint as replayed_at`;

/** Where a letter's event stood: a source's record, and the place within it. Its id in parts. */
export interface LetterPlace {
  source: number;
  offset: number;
  position: number;
}

/** Reads what could not be processed, newest first, or one letter with all its bytes. */
export function createDeadLettersReadModel(query: ReadQuery) {
  return { list, find };

  async function find({ source, offset, position }: LetterPlace): Promise<WholeDeadLetter | null> {
    const [row] = await query<DeadLetterRow>(
      'dead_letters.find',
      `select ${COLUMNS}, d.payload from dead_letters d join sources s on s.id = d.source
       where d.source = $1::int and d.log_offset = $2 and d.position = $3`,
      [source, offset, position],
    );
    if (row === undefined) return null;
    const encoding = isUtf8(row.payload) ? 'utf8' : 'base64';
    return { ...deadLetterOf(row), payload: row.payload.toString(encoding), encoding };
  }

  async function list(filter: DeadLetterFilter): Promise<List<DeadLetter>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['true'];
    if (filter.code !== undefined) conditions.push(`d.code = ${place(filter.code)}`);
    if (filter.topic !== undefined) conditions.push(`s.topic = ${place(filter.topic)}`);
    if (filter.cursor !== undefined) {
      const [appendedAt, source, offset, position] = decodeCursor(filter.cursor, POSITION);
      const at = place(appendedAt);
      conditions.push(
        `d.appended_at <= ${at} and (d.appended_at < ${at} or
         (d.source, d.log_offset, d.position) > (${place(source)}, ${place(offset)}, ${place(position)}))`,
      );
    }
    const rows = await query<DeadLetterRow>(
      'dead_letters.list',
      `select ${COLUMNS}, substring(d.payload from 1 for ${PAYLOAD_BYTES}) as payload
       from dead_letters d join sources s on s.id = d.source
       where ${conditions.join(' and ')}
       order by d.appended_at desc, d.source, d.log_offset, d.position
       limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(rows, filter.limit, deadLetterOf, (row) => [row.appended_at, row.source, row.log_offset, row.position]);
  }
}

function deadLetterOf({ source, log_offset, payload, ...row }: DeadLetterRow): DeadLetter {
  return {
    ...row,
    id: `${source}-${log_offset}-${row.position}`,
    offset: log_offset,
    payload: payload.toString('utf8').slice(0, PAYLOAD_CHARACTERS),
  };
}
export type DeadLettersReadModel = ReturnType<typeof createDeadLettersReadModel>;
