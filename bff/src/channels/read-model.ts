import * as z from 'zod';
import { CHANNEL_SCHEMAS, type Channel } from '@fleetbeat/contracts/channels.ts';
import type { ChannelType } from '@fleetbeat/contracts/delivery.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface ChannelFilter {
  q?: string | undefined;
  type?: ChannelType | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface ChannelsReadModel {
  /** By name. */
  list(filter: ChannelFilter): Promise<List<Channel>>;
  find(channelId: string): Promise<Channel | null>;
}

type ChannelRow = Omit<Channel, 'secrets'> & { secret_names: string[] };

const CHANNELS = `
  select c.id, c.name, c.type, c.owner, c.enabled, c.config, c.secret_names, c.rate_per_minute, c.revision, c.updated_by,
    (extract(epoch from c.created_at) * 1000)::bigint as created_at, (extract(epoch from c.updated_at) * 1000)::bigint as updated_at,
    coalesce(h.circuit, 'closed') as circuit,
    case when h.closed_until > (extract(epoch from clock_timestamp()) * 1000)::bigint then h.closed_until end as held_until,
    h.last_success_at, h.last_failure_at, h.last_error,
    (select count(*) from deliveries d where d.channel_id = c.id and d.state in ('queued', 'retrying')) as waiting,
    (select count(*) from deliveries d where d.channel_id = c.id and d.state = 'dead') as dead
  from channels c left join channel_health h on h.channel_id = c.id
  where c.deleted_at is null`;

const POSITION = z.tuple([z.string()]);

export function createChannelsReadModel(query: ReadQuery): ChannelsReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = [''];
      if (filter.q !== undefined) conditions.push(`c.name ilike ${place(containsPattern(filter.q))}`);
      if (filter.type !== undefined) conditions.push(`c.type = ${place(filter.type)}`);
      if (filter.cursor !== undefined) {
        conditions.push(`lower(c.name) > lower(${place(decodeCursor(filter.cursor, POSITION)[0])})`);
      }
      const rows = await query<ChannelRow>(
        'channels.list',
        `${CHANNELS}${conditions.join(' and ')} order by lower(c.name) limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(rows, filter.limit, channelOf, (row) => [row.name]);
    },

    async find(channelId) {
      const [row] = await query<ChannelRow>('channels.find', `${CHANNELS} and c.id = $1`, [channelId]);
      return row === undefined ? null : channelOf(row);
    },
  };
}

function channelOf({ secret_names: set, ...row }: ChannelRow): Channel {
  const names = Object.keys(CHANNEL_SCHEMAS[row.type].secrets.shape);
  return { ...row, secrets: Object.fromEntries(names.map((name) => [name, { set: set.includes(name) }])) };
}
