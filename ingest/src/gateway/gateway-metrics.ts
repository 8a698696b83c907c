import { Counter, Gauge, Histogram } from 'prom-client';
import { EVENT_TOPICS, type Topic } from '@fleetbeat/contracts/events.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { REJECTION_CODES } from './judge-event.ts';
import type { AppendObserver } from './guarded-log.ts';

export interface GatewayMetrics extends AppendObserver {
  accepted(topic: Topic, events: number): void;
  rejected(code: string, events: number): void;
  /** A whole request that was refused, by the code of its problem. */
  refused(code: string): void;
  received(bytes: number): void;
  /** Spans of OpenTelemetry that stand for no event. */
  ignored(spans: number): void;
}

/** @param heldBytes bytes of bodies in flight, read when metrics are scraped */
export function createGatewayMetrics({ registry }: Metrics, heldBytes: () => number): GatewayMetrics {
  const registers = [registry];
  const accepted = new Counter({
    name: 'fleetbeat_ingest_events_accepted_total',
    help: 'Events that are durable in the event log, by topic.',
    labelNames: ['topic'] as const,
    registers,
  });
  const rejected = new Counter({
    name: 'fleetbeat_ingest_events_rejected_total',
    help: 'Events that were refused, by reason.',
    labelNames: ['code'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'fleetbeat_ingest_requests_refused_total',
    help: 'Requests that were refused whole, by problem.',
    labelNames: ['code'] as const,
    registers,
  });
  const bytes = new Counter({
    name: 'fleetbeat_ingest_body_bytes_total',
    help: 'Bytes of bodies, unpacked.',
    registers,
  });
  const ignored = new Counter({
    name: 'fleetbeat_ingest_spans_ignored_total',
    help: 'Spans of OpenTelemetry that are no call of a model or a tool, and so no event.',
    registers,
  });
  const appendSeconds = new Histogram({
    name: 'fleetbeat_ingest_append_seconds',
    help: 'Duration of appends to the event log, by outcome.',
    labelNames: ['outcome'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  const available = new Gauge({
    name: 'fleetbeat_ingest_log_available',
    help: 'Whether the event log takes events: 1 or 0.',
    registers,
  });
  new Gauge({
    name: 'fleetbeat_ingest_in_flight_bytes',
    help: 'Bytes of bodies that are held in memory now.',
    registers,
    collect() {
      this.set(heldBytes());
    },
  });
  // A counter that is there at 0 lets a rate see its first increment.
  for (const topic of EVENT_TOPICS) accepted.inc({ topic }, 0);
  for (const code of REJECTION_CODES) rejected.inc({ code }, 0);

  return {
    accepted: (topic, events) => accepted.inc({ topic }, events),
    rejected: (code, events) => rejected.inc({ code }, events),
    refused: (code) => refused.inc({ code }),
    received: (count) => bytes.inc(count),
    ignored: (spans) => ignored.inc(spans),
    appended: (outcome, seconds) => appendSeconds.observe({ outcome }, seconds),
    availability: (isAvailable) => available.set(isAvailable ? 1 : 0),
  };
}
