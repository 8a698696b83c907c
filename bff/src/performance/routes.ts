import * as z from 'zod';
import { performanceSchema, type Performance } from '@fleetbeat/contracts/api.ts';
import { labelField, labelsOf, type Labels } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { readGaugeMeans, type RecentHosts } from '../windows/gauge-means.ts';
import { rangeAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';

/** Hosts whose history is averaged at most, and windows of it where no step is asked for. */
const MAX_HOSTS = 1_000;
const COMFORTABLE_WINDOWS = 120;
const GAUGES = ['cpu_usage', 'memory_usage', 'disk_usage'] as const;

interface Effects {
  latest: (labels: Labels | null) => Promise<Performance['latest']>;
  recentHosts: RecentHosts;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
}

export function performanceRoutes({ latest, recentHosts, readWindows, rangeOf }: Effects): Route[] {
  return [
    route(
      'get',
      '/performance',
      {
        summary: 'CPU, memory and disk: the newest means over hosts, and their history',
        description: `The history is over the ${MAX_HOSTS} hosts last seen.`,
        query: z.object({ ...windowFields, label: labelField('Of the hosts that carry these') }),
        answer: performanceSchema,
      },
      async ({ query }) => {
        const wanted = rangeOf(query, COMFORTABLE_WINDOWS);
        const labels = labelsOf(query.label);
        const hostIds = await recentHosts(wanted.from, MAX_HOSTS, labels);
        const [newest, { range, means }] = await Promise.all([
          latest(labels),
          readGaugeMeans(readWindows, GAUGES, hostIds, wanted),
        ]);
        const history = [...means].map(([t, gauges]) => ({
          t,
          cpu_usage: gauges.get('cpu_usage') ?? null,
          memory_usage: gauges.get('memory_usage') ?? null,
          disk_usage: gauges.get('disk_usage') ?? null,
        }));
        return { latest: newest, ...rangeAnswer(range), history };
      },
    ),
  ];
}
