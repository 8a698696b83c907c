import type { Inhibition, RouteSettings, Silence, SILENCE_STATES } from '@fleetbeat/contracts/routing.ts';
import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import { fitsAll, type LabelValues } from './matchers.ts';
import type { KnownSilence } from './read-definitions.ts';
import { windowAt } from './time-windows.ts';

/** Why nobody is told of an alert: what is asked of every alert each time somebody might be told. */

export interface LabelledAlert {
  readonly id: number;
  readonly labels: LabelValues;
}

export function silenceState({ starts_at, ends_at, times }: Silence, now: number): (typeof SILENCE_STATES)[number] {
  if (ends_at !== null && ends_at <= now) return 'expired';
  if (starts_at > now) return 'pending';
  return times === null || windowAt(times, now) !== undefined ? 'active' : 'recurring';
}

/** The first silence that an alert with these labels lies under at `now`. */
export function silencedBy(labels: LabelValues, silences: readonly KnownSilence[], now: number): KnownSilence | undefined {
  return silences.find(({ silence }) => fitsAll(silence.matchers, labels) && silenceState(silence, now) === 'active');
}

/**
 * The alert that explains this one, and the inhibition that says so. As in Alertmanager an alert that fits both sides is not
 * explained by another such one, so that none of a pair hides the other.
 */
export function inhibitedBy(
  alert: LabelledAlert,
  inhibitions: readonly Inhibition[],
  firing: readonly LabelledAlert[],
): { inhibition: Inhibition; source: LabelledAlert } | undefined {
  for (const inhibition of inhibitions) {
    if (!fitsAll(inhibition.target, alert.labels)) continue;
    const isSource = fitsAll(inhibition.source, alert.labels);
    const source = firing.find(
      (other) =>
        other.id !== alert.id &&
        fitsAll(inhibition.source, other.labels) &&
        !(isSource && fitsAll(inhibition.target, other.labels)) &&
        inhibition.equal.every((label) => (other.labels[label] ?? '') === (alert.labels[label] ?? '')),
    );
    if (source !== undefined) return { inhibition, source };
  }
  return undefined;
}

/** Why a route tells nobody at `now`, whatever the alerts; null where it does. */
export function mutedRoute({ mute, quiet_hours: quiet }: RouteSettings, severity: Severity, now: number): string | null {
  if (mute !== null && windowAt(mute, now) !== undefined) return 'the route is mute at this time';
  if (severity === 'info' && quiet !== null && windowAt(quiet, now) !== undefined) return 'quiet hours: it is only info';
  return null;
}
