import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { deliverySchema, DELIVERY_STATES, wholeDeliverySchema } from '@fleetbeat/contracts/delivery.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { DeliveriesReadModel } from './read-model.ts';
import { unknownDelivery, type Replay } from './replay.ts';

const number = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const params = z.object({ delivery_id: number });

export function deliveryRoutes(deliveries: DeliveriesReadModel, replay: Replay): Route[] {
  return [
    route(
      'get',
      '/deliveries',
      {
        summary: 'The log of deliveries, the newest first',
        access: 'operate',
        query: z.object({
          channel_id: idField.optional(),
          state: z.enum(DELIVERY_STATES).optional(),
          incident_id: number.optional(),
          ...pageFields,
        }),
        answer: listSchema(deliverySchema),
      },
      async ({ query }) => deliveries.list(query),
    ),
    route(
      'get',
      '/deliveries/{delivery_id}',
      { summary: 'One delivery: what it told, and every try', access: 'operate', params, answer: wholeDeliverySchema },
      async ({ params: { delivery_id: deliveryId } }) => {
        const delivery = await deliveries.find(deliveryId);
        if (delivery === null) throw unknownDelivery();
        return delivery;
      },
    ),
    route(
      'post',
      '/deliveries/{delivery_id}/replay',
      {
        summary: 'Try a dead delivery again, under the key it had',
        access: 'operate',
        params,
        answer: wholeDeliverySchema,
        status: 202,
      },
      async ({ params: { delivery_id: deliveryId }, request, response }) => {
        await replay.one(askerOf(request, response), deliveryId);
        const delivery = await deliveries.find(deliveryId);
        if (delivery === null) throw unknownDelivery();
        return delivery;
      },
    ),
    route(
      'post',
      '/channels/{channel_id}/replay',
      {
        summary: "Try a channel's dead deliveries again, the oldest first",
        description: 'Left out is what something newer about the same incident has been delivered of since.',
        access: 'operate',
        params: z.object({ channel_id: idField }),
        body: z.strictObject({ limit: z.number().int().min(1).max(1_000).default(100) }),
        answer: z.object({ replayed: z.number().int() }),
        status: 202,
      },
      async ({ params: { channel_id: channelId }, body, request, response }) => ({
        replayed: await replay.ofChannel(askerOf(request, response), channelId, body.limit),
      }),
    ),
  ];
}
