import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { apiKeyInputSchema, apiKeyRotationSchema, apiKeySchema, newApiKeySchema } from '@fleetbeat/contracts/users.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { unknownKey, type KeyChanges } from './key-changes.ts';
import type { KeysReadModel } from './read-model.ts';

const params = z.object({ key_id: idField });

export function keyRoutes(keys: KeysReadModel, changes: KeyChanges): Route[] {
  const withKey = async ({ id, key }: { id: string; key: string }) => {
    const found = await keys.find(id);
    if (found === null) throw unknownKey();
    return { ...found, key };
  };

  return [
    route(
      'get',
      '/keys',
      {
        summary: 'API keys that are and were, the newest first',
        access: 'admin',
        query: z.object(pageFields),
        answer: listSchema(apiKeySchema),
      },
      async ({ query }) => keys.list(query),
    ),
    route(
      'post',
      '/keys',
      {
        summary: 'Make an API key',
        description: 'The key is in this answer and nowhere else.',
        access: 'admin',
        body: apiKeyInputSchema,
        answer: newApiKeySchema,
        status: 201,
      },
      async ({ body, request, response }) => withKey(await changes.create(askerOf(request, response), body)),
    ),
    route(
      'post',
      '/keys/{key_id}/rotate',
      {
        summary: 'Replace a key by another of the same id',
        description:
          'The old key works on for `grace_seconds`, so that it can be replaced everywhere. A second rotation ends it.',
        access: 'admin',
        params,
        body: apiKeyRotationSchema,
        answer: newApiKeySchema,
      },
      async ({ params: { key_id: keyId }, body, request, response }) =>
        withKey(await changes.rotate(askerOf(request, response), keyId, body.grace_seconds)),
    ),
    route(
      'delete',
      '/keys/{key_id}',
      { summary: 'Revoke a key', access: 'admin', params },
      async ({ params: { key_id: keyId }, request, response }) => changes.revoke(askerOf(request, response), keyId),
    ),
  ];
}
