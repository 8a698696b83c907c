import * as z from 'zod';
import { MAX_STATUS_KEYS, STATUS_SETS, statusTimelineSchema } from '@fleetbeat/contracts/status-timeline.ts';
import type { ReadStatusTimeline } from '@fleetbeat/infra/status-timeline/read-status-timeline.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';

const COMFORTABLE_WINDOWS = 300;

const query = z.object({
  set: z.enum(STATUS_SETS),
  key: z
    .union([idField, z.array(idField).max(MAX_STATUS_KEYS, `at most ${MAX_STATUS_KEYS} keys`)])
    .describe('Agents or hosts; repeat it for several'),
  label: labelField('Of what carries these alone'),
  ...windowFields,
});

export function statusRoutes(readTimeline: ReadStatusTimeline, rangeOf: RangeOf): Route[] {
  return [
    route(
      'get',
      '/status-timeline',
      {
        summary: 'How agents or hosts were over time, and which alerts were about them',
        description:
          'From what was heard in each window: `active` sent messages, `online` gave signs of life alone, `offline` was silent for ' +
          'longer than its limit. Bands are open where nothing is known: before the first sign of life, and past the log.',
        query,
        answer: statusTimelineSchema,
      },
      async ({ query: { set, key, label, ...asked } }) =>
        readTimeline({
          set,
          keys: [...new Set([key].flat())],
          range: rangeOf(asked, COMFORTABLE_WINDOWS),
          labels: labelsOf(label),
        }),
    ),
  ];
}
