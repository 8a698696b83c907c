import { SETS, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { bothTiers } from '@fleetbeat/infra/time-series/both-tiers.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { AgentReduction } from '../agent-reduction.ts';
import type { Reduction } from '../engine/cut.ts';

/** Agent events without Postgres: what goes into the time-series store is all that is compared. */
export function rollupOnly(): Reduction {
  const reduction = new AgentReduction(false);
  return {
    add: (event) => reduction.add(event),
    get partials() {
      return reduction.partials;
    },
    rows: (source, seq) => reduction.rows(source, seq),
    save: () => Promise.resolve(),
    stored: () => undefined,
  };
}

/** Rows merged as a reader merges them, by set, key, tier and window; those that stand for two tiers in both. */
export function mergedRows(rows: Iterable<PartialRow>): Map<string, Partial> {
  const partials = new Map<string, Partial>();
  for (const row of [...rows].flatMap(bothTiers)) {
    const name = [row.set, row.key, row.tier, row.window].join('|');
    const partial = partials.get(name) ?? new Partial(SETS[row.set]);
    partial.merge(row);
    partials.set(name, partial);
  }
  return partials;
}
