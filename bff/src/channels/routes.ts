import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  channelPatchSchema,
  channelSchema,
  channelTestSchema,
  newChannelSchema,
  type Channel,
} from '@fleetbeat/contracts/channels.ts';
import { CHANNEL_TYPES } from '@fleetbeat/contracts/delivery.ts';
import { actorOf } from '../access/actor.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { unknownChannel, type ChannelChanges } from './channel-changes.ts';
import type { ChannelsReadModel } from './read-model.ts';
import type { TryOut } from './try-out.ts';

const params = z.object({ channel_id: idField });
const headers = { 'If-Match': 'The `ETag` of the channel as you have read it; another than the newest is answered 412' };

export function channelRoutes(channels: ChannelsReadModel, changes: ChannelChanges, tryOut: TryOut): Route[] {
  async function answer(channelId: string, response: Response): Promise<Channel> {
    const channel = await channels.find(channelId);
    if (channel === null) throw unknownChannel();
    response.set('etag', etagOf(channel.revision));
    return channel;
  }

  return [
    route(
      'get',
      '/channels',
      {
        summary: 'Channels by name, with how they fare',
        access: 'operate',
        query: z.object({
          q: searchField.optional().describe('Part of the name, whatever its case'),
          type: z.enum(CHANNEL_TYPES).optional(),
          ...pageFields,
        }),
        answer: listSchema(channelSchema),
      },
      async ({ query }) => channels.list(query),
    ),
    route(
      'post',
      '/channels',
      {
        summary: 'Add a channel',
        description: 'What `config` and `secrets` hold depends on the type: docs/notifications.md. Secrets are never answered.',
        access: 'operate',
        body: newChannelSchema,
        answer: channelSchema,
        status: 201,
      },
      async ({ body, request, response }) => answer(await changes.create(askerOf(request, response), body), response),
    ),
    route(
      'get',
      '/channels/{channel_id}',
      { summary: 'One channel, with its ETag', access: 'operate', params, answer: channelSchema },
      async ({ params: { channel_id: channelId }, response }) => answer(channelId, response),
    ),
    route(
      'patch',
      '/channels/{channel_id}',
      {
        summary: 'Change a channel',
        description: '`config` and `secrets` are JSON merge patches (RFC 7396): what is left out stays, null removes.',
        access: 'operate',
        headers,
        params,
        body: channelPatchSchema,
        answer: channelSchema,
      },
      async ({ params: { channel_id: channelId }, body, request, response }) => {
        await changes.update(askerOf(request, response), channelId, body, ifMatch(request));
        return answer(channelId, response);
      },
    ),
    route(
      'delete',
      '/channels/{channel_id}',
      { summary: 'Delete a channel and its secrets; what waits for it is not sent', access: 'operate', headers, params },
      async ({ params: { channel_id: channelId }, request, response }) =>
        changes.remove(askerOf(request, response), channelId, ifMatch(request)),
    ),
    route(
      'post',
      '/channels/{channel_id}/test',
      {
        summary: 'Send a real notice that says it is a test, and tell within 15 s what became of it',
        access: 'operate',
        params,
        answer: channelTestSchema,
      },
      async ({ params: { channel_id: channelId }, request }) => tryOut(channelId, actorOf(request).id),
    ),
  ];
}
