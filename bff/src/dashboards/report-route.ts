import * as z from 'zod';
import { MAX_VARIABLES } from '@fleetbeat/contracts/dashboards.ts';
import { timeZoneSchema } from '@fleetbeat/contracts/routing.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { MakeReport } from '@fleetbeat/infra/reports/dashboard-report.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { timeRange, windowFields, type RangeOf } from '../http/time-range.ts';
import { unknownDashboard } from './dashboard-changes.ts';
import type { DashboardsReadModel } from './read-model.ts';

const variable = z.string().max(300);

export interface ReportRouteParts {
  readonly dashboards: DashboardsReadModel;
  readonly makeReport: MakeReport;
  readonly rangeOf: RangeOf;
  readonly now: () => number;
}

/** A dashboard on paper. */
export function reportRoutes({ dashboards, makeReport, rangeOf, now }: ReportRouteParts): Route[] {
  return [
    route(
      'get',
      '/dashboards/{dashboard_id}/report.pdf',
      {
        summary: 'A dashboard as PDF: vector charts and text that can be selected',
        params: z.object({ dashboard_id: idField }),
        query: z.object({
          ...windowFields,
          label: labelField('Of what carries these alone'),
          time_zone: timeZoneSchema.default('UTC').describe('Of whose clocks the times are'),
          variable: z
            .union([variable, z.array(variable).max(MAX_VARIABLES, `at most ${MAX_VARIABLES}`)])
            .optional()
            .describe('What a variable stands for, as `name=value`; repeat it for several'),
        }),
        answer: z.custom<Buffer>().meta({ type: 'string', format: 'binary' }),
        media: 'application/pdf',
      },
      async ({ params, query, response }) => {
        const dashboard = await dashboards.find(params.dashboard_id);
        if (dashboard === null) throw unknownDashboard();
        const madeAt = now();
        const report = await makeReport({
          dashboard,
          ...timeRange(query, madeAt),
          range: rangeOf(query),
          timeZone: query.time_zone,
          variables: variablesOf([query.variable ?? []].flat()),
          labels: labelsOf(query.label),
          madeAt,
        });
        response.set('content-disposition', contentDisposition(dashboard.name, madeAt));
        return report;
      },
    ),
  ];
}

function variablesOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw new HttpProblem(400, 'invalid-query', 'variable: must be name=value');
      }
      return [name, value];
    }),
  );
}

/** The file's name: plain for old programs, whole by RFC 6266 for others. */
function contentDisposition(name: string, at: number): string {
  const date = new Date(at).toISOString().slice(0, 10);
  const plain =
    name
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 80) || 'dashboard';
  const whole = encodeURIComponent(`${name.slice(0, 80).toWellFormed()} ${date}.pdf`).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${plain}-${date}.pdf"; filename*=UTF-8''${whole}`;
}
