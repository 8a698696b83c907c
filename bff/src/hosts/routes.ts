import * as z from 'zod';
import { gaugeKey, HOST_GAUGES } from '@fleetbeat/contracts/aggregates.ts';
import { hostMetricsSchema, hostSchema, listSchema, type HostMetrics } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { gaugePointOf, gaugeSamples } from '@fleetbeat/infra/time-series/measures.ts';
import { pageFields } from '../http/cursor.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { rangeAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows, WindowAnswer } from '@fleetbeat/infra/time-series/window-reader.ts';
import type { HostsReadModel } from './read-model.ts';

const hostsQuery = z.object({
  status: z.enum(['online', 'offline']).optional(),
  q: searchField.optional().describe('Part of the id or the hostname, whatever its case'),
  label: labelField('Hosts that carry these'),
  ...pageFields,
});

interface Effects {
  hosts: HostsReadModel;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
}

export function hostRoutes({ hosts, readWindows, rangeOf }: Effects): Route[] {
  return [
    route('get', '/hosts', { summary: 'Hosts', query: hostsQuery, answer: listSchema(hostSchema) }, async ({ query }) =>
      hosts.list({ ...query, labels: labelsOf(query.label) }),
    ),
    route(
      'get',
      '/hosts/{host_id}/metrics',
      {
        summary: 'Gauges of one host',
        params: z.object({ host_id: idField }),
        query: z.object(windowFields),
        answer: hostMetricsSchema,
      },
      async ({ params: { host_id: hostId }, query }) => {
        const range = rangeOf(query);
        if (!(await hosts.exists(hostId))) throw new HttpProblem(404, 'unknown-host', 'no host of this id has ever been seen');
        const keys = HOST_GAUGES.map((gauge) => gaugeKey(gauge, hostId));
        return answerOf(hostId, await readWindows({ set: 'host', keys, range, sketches: false }));
      },
    ),
  ];
}

function answerOf(hostId: string, { range, byKey }: WindowAnswer): HostMetrics {
  const gauges: HostMetrics['gauges'] = {};
  const samples: HostMetrics['samples'] = {};
  for (const gauge of HOST_GAUGES) {
    const ordered = [...(byKey.get(gaugeKey(gauge, hostId)) ?? [])].sort(([a], [b]) => a - b);
    gauges[gauge] = ordered.flatMap(([t, window]) => gaugePointOf(t, window) ?? []);
    samples[gauge] = ordered.reduce((sum, [, window]) => sum + gaugeSamples(window), 0);
  }
  return { host_id: hostId, ...rangeAnswer(range), gauges, samples };
}
