import type { Diagnosis } from '@fleetbeat/contracts/alerts.ts';

/** Why an agent is silent, told from its host. Pure: durations in milliseconds. */

/** What is known of a silent agent's host. */
export interface HostSight {
  readonly hostId: string;
  /** Undefined where nothing can be said about it: never seen, or its source lags. */
  readonly silentMs: number | undefined;
  /** Silent for longer is offline. */
  readonly offlineAfterMs: number;
  /** A rule that tells people watches whether it is alive. */
  readonly watched: boolean;
  /** The newest alert of such a rule about it. */
  readonly alert: { readonly id: number; readonly state: 'pending' | 'firing' } | HostRecovery | undefined;
}

interface HostRecovery {
  readonly id: number;
  readonly state: 'resolved';
  readonly agoMs: number;
}

/** tell: people are told. wait: it cannot be told yet, and will be soon. inhibit: it follows from the host's alert `by`. */
export type Verdict =
  | { readonly kind: 'tell'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'wait' }
  | { readonly kind: 'inhibit'; readonly by: number; readonly diagnosis: Diagnosis };

/**
 * What to make of an agent that is silent. `graceMs`: what agents are given to say something after their host is back.
 *
 * Agent and host do not send at the same moments, so of two that stop together one is found silent first: while the host
 * has been quiet for longer than half of what makes it offline, the agent's alert waits until that is clear.
 */
export function diagnose(host: HostSight | undefined, graceMs: number): Verdict {
  if (host === undefined) return tell('host_unknown', 'It is not known on which host it runs.');
  const { hostId, silentMs, offlineAfterMs, watched, alert } = host;
  if (watched && alert?.state === 'firing') {
    const text = `Its host ${hostId} is down, which is told for all of its agents at once.`;
    return { kind: 'inhibit', by: alert.id, diagnosis: { cause: 'host_down', text } };
  }
  if (watched && alert?.state === 'pending') return { kind: 'wait' };
  if (silentMs === undefined) return tell('host_unknown', `Nothing is known of its host ${hostId}.`);
  if (silentMs > offlineAfterMs) {
    return watched ? { kind: 'wait' } : tell('host_down', `Its host ${hostId} says nothing either, and no rule watches it.`);
  }
  if (silentMs > offlineAfterMs / 2) return { kind: 'wait' };
  if (alert?.state === 'resolved' && alert.agoMs <= graceMs) return { kind: 'wait' };
  return tell('stuck_or_crashed', `Its host ${hostId} is alive: the agent is stuck or has crashed.`);
}

function tell(cause: Diagnosis['cause'], text: string): Verdict {
  return { kind: 'tell', diagnosis: { cause, text } };
}
