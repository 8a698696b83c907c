import * as z from 'zod';
import { Histogram, type Registry } from 'prom-client';
import { route, type Route } from '../http/route.ts';

/** Timings in milliseconds; CLS is a score. */
const webVitalSchema = z.object({
  name: z.enum(['CLS', 'FCP', 'INP', 'LCP', 'TTFB']),
  value: z.number().min(0).max(600_000),
});
const webVitalsBody = z.object({ vitals: z.array(webVitalSchema).min(1).max(10) });

const TIMING_BUCKETS = [0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.8, 2.5, 4, 8];
const SHIFT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1];

/** What browsers measured of the dashboard, for /metrics. */
export function webVitalRoutes(registry: Registry): Route[] {
  const timings = new Histogram({
    name: 'fleetbeat_web_vital_seconds',
    help: 'Web vitals of the dashboard as its visitors measured them.',
    labelNames: ['name'] as const,
    buckets: TIMING_BUCKETS,
    registers: [registry],
  });
  const shift = new Histogram({
    name: 'fleetbeat_web_vital_layout_shift',
    help: 'Cumulative layout shift of the dashboard as its visitors measured it.',
    buckets: SHIFT_BUCKETS,
    registers: [registry],
  });
  return [
    route('post', '/web-vitals', { summary: 'Web vitals of a page view', body: webVitalsBody }, async ({ body }) => {
      for (const { name, value } of body.vitals) {
        if (name === 'CLS') shift.observe(value);
        else timings.observe({ name }, value / 1_000);
      }
    }),
  ];
}
