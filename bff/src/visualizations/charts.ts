import type { Visualizations } from '@fleetbeat/contracts/api.ts';
import { measuresOf, taskDurationsOf, taskTotalsOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowRange } from '../http/time-range.ts';
import type { GaugeMeans } from '../windows/gauge-means.ts';
import { mergedWindows } from '../windows/metrics-answer.ts';
import type { WindowsByKey } from '@fleetbeat/infra/time-series/window-reader.ts';

type Chart = Visualizations['items'][number];
type Series = Chart['series'][number];
type Windows = ReadonlyMap<number, Partial>;

/** Workflows that a chart shows at most, those with the most ended tasks. */
const MAX_WORKFLOWS = 8;

/** The starts of the range's windows that have begun by `now`. */
export function windowStarts(range: WindowRange, now: number): number[] {
  const count = Math.max(0, Math.ceil((Math.min(range.to, now) - range.from) / range.stepMs));
  return Array.from({ length: count }, (_, index) => range.from + index * range.stepMs);
}

/** Counts of events that happened: a window without any is a zero. */
function counts(name: string, starts: readonly number[], windows: Windows, value: (window: Partial) => number): Series {
  return { name, points: starts.map((x) => ({ x, y: valueAt(windows, x, value) ?? 0 })) };
}

/** Values that are not there where nothing happened. */
function values(name: string, starts: readonly number[], windows: Windows, value: (window: Partial) => number | null): Series {
  return { name, points: starts.map((x) => ({ x, y: valueAt(windows, x, value) })) };
}

function valueAt(windows: Windows, start: number, value: (window: Partial) => number | null): number | null {
  const window = windows.get(start);
  return window === undefined ? null : value(window);
}

/** How tasks went: ended by outcome, completion rate, duration, and the rate by workflow. */
export function taskCharts(starts: readonly number[], tasks: Windows, byWorkflow: WindowsByKey): Chart[] {
  return [
    {
      id: 'tasks',
      title: 'Tasks',
      unit: 'tasks',
      series: [
        counts('created', starts, tasks, (window) => taskTotalsOf(window).created),
        counts('completed', starts, tasks, (window) => taskTotalsOf(window).completed),
        counts('failed', starts, tasks, (window) => taskTotalsOf(window).failed),
        counts('cancelled', starts, tasks, (window) => taskTotalsOf(window).cancelled),
      ],
    },
    {
      id: 'task_completion_rate',
      title: 'Task completion rate',
      unit: 'percent',
      series: [values('all tasks', starts, tasks, completionPercent)],
    },
    {
      id: 'workflow_completion_rate',
      title: 'Task completion rate by workflow',
      unit: 'percent',
      series: busiestWorkflows(byWorkflow).map(([name, windows]) => values(name, starts, windows, completionPercent)),
    },
    {
      id: 'task_duration',
      title: 'Task duration',
      unit: 'seconds',
      series: [
        values('average', starts, tasks, (window) => seconds(taskDurationsOf(window).average)),
        values('p95', starts, tasks, (window) => seconds(taskDurationsOf(window).p95)),
      ],
    },
  ];
}

function busiestWorkflows(byWorkflow: WindowsByKey): [string, Windows][] {
  const ended = (windows: Windows) => {
    const { completed, failed, cancelled } = taskTotalsOf(mergedWindows('workflow', windows.values()));
    return completed + failed + cancelled;
  };
  return [...byWorkflow]
    .map(([name, windows]) => ({ name, windows, ended: ended(windows) }))
    .sort((a, b) => b.ended - a.ended || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_WORKFLOWS)
    .map(({ name, windows }) => [name, windows]);
}

function completionPercent(window: Partial): number | null {
  const rate = taskTotalsOf(window).completion_rate;
  return rate === null ? null : 100 * rate;
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1_000;
}

/** How the agents did: response times, messages a second and the share of errors. */
export function fleetCharts(starts: readonly number[], fleet: Windows, stepMs: number): Chart[] {
  return [
    {
      id: 'response_time',
      title: 'Response time',
      unit: 'ms',
      series: [
        values('average', starts, fleet, (window) => measuresOf(window).average_response_time),
        values('p95', starts, fleet, (window) => measuresOf(window).response_time_p95),
      ],
    },
    {
      id: 'throughput',
      title: 'Messages',
      unit: 'per second',
      series: [counts('messages', starts, fleet, (window) => (1_000 * measuresOf(window).total_messages) / stepMs)],
    },
    {
      id: 'error_rate',
      title: 'Errors',
      unit: 'percent',
      series: [values('errors', starts, fleet, errorPercent)],
    },
  ];
}

function errorPercent(window: Partial): number | null {
  const { total_errors: errors, total_messages: messages } = measuresOf(window);
  return messages === 0 ? null : (100 * errors) / messages;
}

/** How busy the hosts were. */
export function hostChart(starts: readonly number[], means: GaugeMeans): Chart {
  const gauge = (name: string, of: 'cpu_usage' | 'memory_usage' | 'disk_usage'): Series => ({
    name,
    points: starts.map((x) => ({ x, y: means.get(x)?.get(of) ?? null })),
  });
  return {
    id: 'host_usage',
    title: 'Hosts',
    unit: 'percent',
    series: [gauge('CPU', 'cpu_usage'), gauge('memory', 'memory_usage'), gauge('disk', 'disk_usage')],
  };
}
