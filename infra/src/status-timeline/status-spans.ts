import type { StatusSpan } from '@fleetbeat/contracts/status-timeline.ts';

/** From windows and transitions to spans of states. Pure. */

/** A window in which something was heard. */
export interface Heard {
  readonly t: number;
  /** It sent more than signs of life. */
  readonly active: boolean;
}

export interface Hearing {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** Of longer silence it is offline, in milliseconds. */
  readonly offlineMs: number;
  readonly firstSeen: number;
  /** Up to when everything that was sent is known; nothing is said of later. */
  readonly knownTo: number;
}

/**
 * What was heard, in order, as spans within [from, to): silence of `offlineMs` is offline from its start, shorter silence is
 * none. `heard` reaches back before `from` as far as silence may.
 */
export function statusSpans(heard: readonly Heard[], hearing: Hearing): StatusSpan[] {
  const { from, to, stepMs, offlineMs, firstSeen, knownTo } = hearing;
  const spans: StatusSpan[] = [];
  const end = Math.min(to, knownTo);
  const add = (start: number, until: number, state: StatusSpan['state']) => {
    const span = { from: Math.max(start, from), to: Math.min(until, end), state, severity: null };
    if (span.to <= span.from) return;
    const last = spans.at(-1);
    if (last?.state === state && last.to === span.from) last.to = span.to;
    else spans.push(span);
  };
  const [first] = heard;
  const lead = first?.t ?? end;
  // Before the first sign of life nothing is known of it.
  if (firstSeen < lead) add(Math.max(from, firstSeen), lead, 'offline');
  for (const [index, { t, active }] of heard.entries()) {
    const next = heard[index + 1]?.t ?? end;
    const over = Math.min(t + stepMs, next);
    add(t, over, active ? 'active' : 'online');
    add(over, next, next - over > offlineMs ? 'offline' : 'online');
  }
  return spans;
}

export interface Transition {
  readonly at: number;
  readonly to_state: string;
  readonly severity: StatusSpan['severity'];
}

/** The transitions of one alert, in order, as spans within [from, to). */
export function alertSpans(transitions: readonly Transition[], { from, to }: { from: number; to: number }): StatusSpan[] {
  return transitions.flatMap(({ at, to_state: state, severity }, index): StatusSpan[] => {
    if (state !== 'pending' && state !== 'firing') return [];
    const span = { from: Math.max(at, from), to: Math.min(transitions[index + 1]?.at ?? to, to), state, severity } as const;
    return span.to > span.from ? [span] : [];
  });
}
