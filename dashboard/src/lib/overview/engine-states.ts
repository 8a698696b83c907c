import type { Pipeline, readySchema } from '@fleetbeat/contracts/api.ts';
import type * as z from 'zod';

/** Whether the engines can be used, and the pipeline gets on. Pure. */

export type Engines = z.infer<typeof readySchema>['engines'];

/** What an engine is for, in the order of a request through them. */
const PARTS = [
  ['event_log', 'Event log'],
  ['time_series', 'Time series'],
  ['job_queue', 'Job queue'],
  ['database', 'Database'],
] as const satisfies readonly (readonly [keyof Engines, string])[];

const NAMES = {
  kafka: 'Kafka',
  influxdb: 'InfluxDB',
  redis: 'Redis',
  postgres: 'Postgres',
  'embedded-postgres': 'Postgres, embedded',
} as const satisfies Record<Engines[keyof Engines], string>;

export interface EngineState {
  readonly part: string;
  /** Null before it was ever said. */
  readonly name: string | null;
  readonly usable: boolean;
}

/** The engines that the sentence of `GET /ready` says cannot be used; null where it is about something else. */
export function missingEngines(sentence: string): string[] | null {
  return /^cannot be used at the moment: (.+)$/.exec(sentence)?.[1]?.split(', ') ?? null;
}

/** Each engine by what it is for. */
export function engineStates(engines: Engines | null, missing: readonly string[]): EngineState[] {
  return PARTS.map(([key, part]) => ({
    part,
    name: engines === null ? null : NAMES[engines[key]],
    usable: !missing.includes(key),
  }));
}

export interface PipelineReading {
  /** When it was asked for, epoch milliseconds. */
  readonly at: number;
  readonly pipeline: Pick<Pipeline, 'accepted' | 'sources'>;
}

/** Events accepted a second between two readings; null where they tell nothing of it. */
export function acceptedRate(before: PipelineReading | null, now: PipelineReading | null): number | null {
  if (before === null || now === null || now.at <= before.at) return null;
  return Math.max(0, now.pipeline.accepted - before.pipeline.accepted) / ((now.at - before.at) / 1_000);
}

/** A cut takes a moment: readings closer to one another tell nothing of a source that does not get on, in milliseconds. */
const LEAST_APART = 10_000;

/** Since when (epoch milliseconds) a source that has events waiting has not got on from the one reading to the other; null where all do. */
export function stuckSince(before: PipelineReading | null, now: PipelineReading | null): number | null {
  if (before === null || now === null || now.at - before.at < LEAST_APART) return null;
  const stuck = now.pipeline.sources.filter((source) => {
    const then = before.pipeline.sources.find((one) => one.source === source.source);
    return source.lag_events > 0 && then !== undefined && then.lag_events > 0 && then.stored_offset === source.stored_offset;
  });
  return stuck.length === 0 ? null : Math.min(...stuck.map((source) => source.last_cut_at ?? before.at));
}
