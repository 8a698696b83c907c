import type { Pipeline } from '@fleetbeat/contracts/api.ts';

/** Accepted events that are in none of the ledger's parts; below zero where the parts hold more than was accepted. */
export function missingFrom(
  ledger: Pick<Pipeline, 'accepted' | 'aggregated' | 'duplicate' | 'dead_lettered' | 'pending'>,
): number {
  return ledger.accepted - (ledger.aggregated + ledger.duplicate + ledger.dead_lettered + ledger.pending);
}
