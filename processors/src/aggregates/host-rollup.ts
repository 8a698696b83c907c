import { gaugeKey, HOST_GAUGES, TIERS, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { COLUMN } from '@fleetbeat/infra/time-series/partial.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { PartialTable } from './partial-table.ts';

const AT = COLUMN.gauges;

/** The rollups of host samples over one cut: one key for each gauge of each host. */
export class HostRollup {
  readonly gauges = new PartialTable('host');

  get size(): number {
    return this.gauges.size;
  }

  add(event: DecodedEvent): void {
    const window = windowStart(event.ts, TIERS['10s']);
    for (const gauge of HOST_GAUGES) {
      const value = event.fields[gauge] as number | undefined;
      if (value === undefined) continue;
      addSample(this.gauges.of(gaugeKey(gauge, event.key)).at(window).values, Math.round(value * 1e3), event.ts);
    }
  }

  rows(source: number, seq: number): Generator<PartialRow> {
    return this.gauges.rows(source, seq);
  }
}

function addSample(values: Float64Array, millis: number, ts: number): void {
  const first = values[AT.samples] === 0;
  const lastAt = values[AT.last_at] as number;
  // Of two samples at one instant the larger counts, whichever came first, as when partials merge.
  if (first || ts > lastAt || (ts === lastAt && millis > (values[AT.last_millis] as number))) {
    values[AT.last_millis] = millis;
    values[AT.last_at] = ts;
  }
  values[AT.samples] = (values[AT.samples] as number) + 1;
  values[AT.total_millis] = (values[AT.total_millis] as number) + millis;
  if (first || millis < (values[AT.min_millis] as number)) values[AT.min_millis] = millis;
  if (first || millis > (values[AT.max_millis] as number)) values[AT.max_millis] = millis;
}
