import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { visualizationsSchema } from '@fleetbeat/contracts/api.ts';
import { taskTotalsOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { readGaugeMeans } from '../windows/gauge-means.ts';
import { mergedWindows } from '../windows/metrics-answer.ts';
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
        const range = rangeOf(query, COMFORTABLE_WINDOWS);
        const [tasks, workflows, fleet, means] = await Promise.all([
          readWindows({ set: 'tasks', keys: [WHOLE], range, sketches: true }),
          readWindows({ set: 'workflow', range, sketches: false }),
          readWindows({ set: 'fleet', keys: [WHOLE], range, sketches: true }),
          recentHosts(range.from, MAX_HOSTS).then((hostIds) => readGaugeMeans(readWindows, GAUGES, hostIds, range)),
        ]);
        const starts = windowStarts(range, now());
        const taskWindows = tasks.get(WHOLE) ?? NOTHING;
        return {
          from: range.from,
          to: range.to,
          step_ms: range.stepMs,
          task_totals: taskTotalsOf(mergedWindows('tasks', taskWindows.values())),
          items: [
            ...taskCharts(starts, taskWindows, workflows),
            ...fleetCharts(starts, fleet.get(WHOLE) ?? NOTHING, range.stepMs),
            hostChart(starts, means),
          ],
        };
      },
    ),
  ];
}
