import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { visualizationsSchema } from '@fleetbeat/contracts/api.ts';
import { taskTotalsOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { readGaugeMeans } from '../windows/gauge-means.ts';
import { mergedWindows, rangeAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '../windows/window-reader.ts';
import { fleetCharts, hostChart, taskCharts, windowStarts } from './charts.ts';

const COMFORTABLE_WINDOWS = 120;
const MAX_HOSTS = 1_000;
const NOTHING: ReadonlyMap<number, Partial> = new Map();
const GAUGES = ['cpu_usage', 'memory_usage', 'disk_usage'] as const;

interface Effects {
  recentHosts: (since: number, limit: number) => Promise<string[]>;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
  now: () => number;
}

export function visualizationRoutes({ recentHosts, readWindows, rangeOf, now }: Effects): Route[] {
  return [
    route(
      'get',
      '/visualizations',
      {
        summary: 'Task completion rates and performance trends as chart-ready series',
        query: z.object(windowFields),
        answer: visualizationsSchema,
      },
      async ({ query }) => {
        const wanted = rangeOf(query, COMFORTABLE_WINDOWS);
        const [tasks, workflows, fleet, hosts] = await Promise.all([
          readWindows({ set: 'tasks', keys: [WHOLE], range: wanted, sketches: true }),
          readWindows({ set: 'workflow', range: wanted, sketches: false }),
          readWindows({ set: 'fleet', keys: [WHOLE], range: wanted, sketches: true }),
          recentHosts(wanted.from, MAX_HOSTS).then((hostIds) => readGaugeMeans(readWindows, GAUGES, hostIds, wanted)),
        ]);
        const { range } = tasks;
        const starts = windowStarts(range, now());
        const taskWindows = tasks.byKey.get(WHOLE) ?? NOTHING;
        return {
          ...rangeAnswer(range),
          task_totals: taskTotalsOf(mergedWindows('tasks', taskWindows.values())),
          items: [
            ...taskCharts(starts, taskWindows, workflows.byKey),
            ...fleetCharts(starts, fleet.byKey.get(WHOLE) ?? NOTHING, range.stepMs),
            hostChart(starts, hosts.means),
          ],
        };
      },
    ),
  ];
}
