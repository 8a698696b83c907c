import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';

/** A row as one row of each tier that it stands for: see `PartialRow.sole`. */
export function bothTiers(row: PartialRow): PartialRow[] {
  const { sole, ...minute } = row;
  return sole === undefined ? [row] : [{ ...minute, tier: '10s', window: sole }, minute];
}
