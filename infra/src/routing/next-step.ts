import type { Escalation } from '@fleetbeat/contracts/on-call.ts';

/** Where an escalation stands: the step that comes next, and how often all steps were gone through again. */
export interface EscalationPlace {
  readonly step: number;
  readonly round: number;
}

/** What comes after a step that was taken, and when; null: nothing. `reached`: somebody was told. */
export function stepAfter(
  { steps, repeat }: Escalation,
  { step, round }: EscalationPlace,
  reached: boolean,
): (EscalationPlace & { readonly afterMs: number }) | null {
  const next = steps[step + 1];
  // Where nobody could be told there is nobody to wait for.
  if (next !== undefined) return { step: step + 1, round, afterMs: reached ? next.after_s * 1_000 : 0 };
  return round < repeat.times ? { step: 0, round: round + 1, afterMs: repeat.after_s * 1_000 } : null;
}
