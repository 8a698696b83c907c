import * as z from 'zod';
import { gaugeKey, HOST_GAUGES } from '@fleetbeat/contracts/aggregates.ts';
import { hostMetricsSchema, hostSchema, listSchema, type Host, type HostMetrics } from '@fleetbeat/contracts/api.ts';
import { gaugePointOf, gaugeSamples } from '@fleetbeat/infra/time-series/measures.ts';
import { askerOf } from '../access/asker.ts';
import type { Archive } from '../http/archive.ts';
import { pageFields } from '../http/cursor.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { rangeAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows, WindowAnswer } from '@fleetbeat/infra/time-series/window-reader.ts';
import type { HostsReadModel } from './read-model.ts';
import { unknownHost } from './unknown-host.ts';

const hostsQuery = z.object({
  status: z.enum(['online', 'offline']).optional(),
  q: searchField.optional().describe('Part of the id or the hostname, whatever its case'),
  label: labelField('Hosts that carry these'),
  archived: z.enum(['true', 'false']).default('false').describe('`true`: those that are archived instead'),
  ...pageFields,
});

const params = z.object({ host_id: idField });

interface Effects {
  hosts: HostsReadModel;
  archive: Archive;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
}

export function hostRoutes({ hosts, archive, readWindows, rangeOf }: Effects): Route[] {
  async function found(hostId: string): Promise<Host> {
    const host = await hosts.find(hostId);
    if (host === null) throw unknownHost();
    return host;
  }

  return [
    route('get', '/hosts', { summary: 'Hosts', query: hostsQuery, answer: listSchema(hostSchema) }, async ({ query }) =>
      hosts.list({ ...query, labels: labelsOf(query.label), archived: query.archived === 'true' }),
    ),
    route('get', '/hosts/{host_id}', { summary: 'One host', params, answer: hostSchema }, async ({ params: { host_id: id } }) =>
      found(id),
    ),
    route(
      'post',
      '/hosts/{host_id}/archive',
      {
        summary: 'Archive a host',
        description: 'It is not listed and never alerts, until it sends a sample again.',
        access: 'operate',
        params,
        answer: hostSchema,
      },
      async ({ params: { host_id: id }, request, response }) => {
        await archive.archive(askerOf(request, response), id);
        return found(id);
      },
    ),
    route(
      'post',
      '/hosts/{host_id}/unarchive',
      { summary: 'Take a host out of the archive', access: 'operate', params, answer: hostSchema },
      async ({ params: { host_id: id }, request, response }) => {
        await archive.unarchive(askerOf(request, response), id);
        return found(id);
      },
    ),
    route(
      'get',
      '/hosts/{host_id}/metrics',
      {
        summary: 'Gauges of one host',
        params,
        query: z.object(windowFields),
        answer: hostMetricsSchema,
      },
      async ({ params: { host_id: hostId }, query }) => {
        const range = rangeOf(query);
        if (!(await hosts.exists(hostId))) throw unknownHost();
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
