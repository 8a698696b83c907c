import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { visualizationsSchema } from '@fleetbeat/contracts/api.ts';
import { taskTotalsOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf, type WindowRange } from '../http/time-range.ts';
import { readGaugeMeans, type RecentHosts } from '../windows/gauge-means.ts';
import { mergedWindows, rangeAnswer } from '../windows/metrics-answer.ts';
import type { Scope } from '@fleetbeat/infra/series/scope.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import { fleetCharts, hostChart, taskCharts, windowStarts } from './charts.ts';
import type { ReadTaskTotals } from './task-totals.ts';

const COMFORTABLE_WINDOWS = 120;
const MAX_HOSTS = 1_000;
const NOTHING: ReadonlyMap<number, Partial> = new Map();
const GAUGES = ['cpu_usage', 'memory_usage', 'disk_usage'] as const;

interface Effects {
  recentHosts: RecentHosts;
  scope: Pick<Scope, 'reader'>;
  taskTotals: ReadTaskTotals;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
  now: () => number;
}

export function visualizationRoutes({ recentHosts, readWindows, scope, taskTotals, rangeOf, now }: Effects): Route[] {
  async function allTasks(wanted: WindowRange) {
    const [{ range, byKey }, workflows] = await Promise.all([
      readWindows({ set: 'tasks', keys: [WHOLE], range: wanted, sketches: true }),
      readWindows({ set: 'workflow', range: wanted, sketches: false }),
    ]);
    const windows = byKey.get(WHOLE) ?? NOTHING;
    return {
      totals: taskTotalsOf(mergedWindows('tasks', windows.values())),
      charts: taskCharts(windowStarts(range, now()), windows, workflows.byKey),
    };
  }

  return [
    route(
      'get',
      '/visualizations',
      {
        summary: 'Task completion rates and performance trends as chart-ready series',
        description:
          'With labels: the agents and hosts that carry these, and the totals of the tasks that are theirs; how tasks went over time ' +
          'is kept for all of them together alone, and is left out.',
        query: z.object({ ...windowFields, label: labelField('The agents and hosts that carry these') }),
        answer: visualizationsSchema,
      },
      async ({ query }) => {
        const wanted = rangeOf(query, COMFORTABLE_WINDOWS);
        const labels = labelsOf(query.label);
        const [work, fleet, hosts] = await Promise.all([
          labels === null ? allTasks(wanted) : { totals: await taskTotals(labels, wanted), charts: [] },
          scope.reader(labels)({ set: 'fleet', keys: [WHOLE], range: wanted, sketches: true }),
          recentHosts(wanted.from, MAX_HOSTS, labels).then((hostIds) => readGaugeMeans(readWindows, GAUGES, hostIds, wanted)),
        ]);
        const { range } = fleet;
        const starts = windowStarts(range, now());
        return {
          ...rangeAnswer(range),
          task_totals: work.totals,
          items: [
            ...work.charts,
            ...fleetCharts(starts, fleet.byKey.get(WHOLE) ?? NOTHING, range.stepMs),
            hostChart(starts, hosts.means),
          ],
        };
      },
    ),
  ];
}
