import * as z from 'zod';

/** How response times spread over time: counts by window and by bucket of duration, from the stored sketches. */

export const HEATMAP_SETS = ['fleet', 'agent', 'model'] as const;
export type HeatmapSet = (typeof HEATMAP_SETS)[number];

/** Buckets of one decade, all equally wide on a logarithmic scale. */
export const BUCKETS_PER_DECADE = 8;
/** Windows that one answer may have. */
export const MAX_HEATMAP_WINDOWS = 400;

export const latencyHeatmapSchema = z.object({
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  /** Lower ends of the buckets in milliseconds, from the fastest answer to the slowest; each ends where the next begins. */
  bounds: z.array(z.number()),
  /** Windows with answers: how many fell into each bucket. */
  windows: z.array(z.object({ t: z.number(), counts: z.array(z.number().int()) })),
});
export type LatencyHeatmap = z.infer<typeof latencyHeatmapSchema>;
