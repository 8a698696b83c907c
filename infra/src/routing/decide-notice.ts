import { SEVERITIES, type Severity } from '@fleetbeat/contracts/alerts.ts';
import type { NoticeKind } from '@fleetbeat/contracts/delivery.ts';
import type { IncidentStatus } from '@fleetbeat/contracts/incidents.ts';

/** Whether a route tells of an incident now, and why: Alertmanager's deduplication, with acknowledgement. Pure. */

export interface GroupAlert {
  readonly id: number;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  /** Why nobody is told of it; null: nothing holds it back. */
  readonly heldBack: string | null;
}

/** What has been told as firing and not as resolved, with the severity it had. */
export type Told = ReadonlyMap<number, Severity>;

export interface Situation {
  readonly status: IncidentStatus;
  /** Those that the route takes. */
  readonly alerts: readonly GroupAlert[];
  readonly told: Told;
  /** Epoch milliseconds; null: never. */
  readonly toldAt: number | null;
  readonly repeatIntervalMs: number;
  readonly tellResolved: boolean;
  /** Why the route tells nobody at this time; null: nothing holds it back. */
  readonly heldBack: string | null;
  readonly acknowledgedBy: string | null;
  /** Epoch milliseconds; null: nobody has. */
  readonly acknowledgedAt: number | null;
  readonly now: number;
}

export type Decision =
  | {
      readonly tell: true;
      readonly kind: Extract<NoticeKind, 'firing' | 'repeat' | 'acknowledged' | 'resolved'>;
      readonly reason: string;
      /** Those that the notice is about. */
      readonly alertIds: readonly number[];
      readonly told: Told;
      /** Nothing of it was told before: whoever is to be called is called now. */
      readonly begins: boolean;
    }
  | { readonly tell: false; readonly reason: string; readonly told: Told };

export function decideNotice(situation: Situation): Decision {
  const { alerts, told, toldAt, tellResolved, now } = situation;
  const isOver = situation.status === 'resolved';
  const firing = isOver ? [] : alerts.filter(({ state }) => state === 'firing');
  const audible = firing.filter(({ heldBack }) => heldBack === null);
  const fires = new Set(firing.map(({ id }) => id));
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  // What is held back is not told to be over either, until nothing holds it back any more.
  const ended = [...told.keys()].filter((id) => !fires.has(id) && (byId.get(id)?.heldBack ?? null) === null);
  const hold = (reason: string, kept: Told = told): Decision => ({ tell: false, reason, told: kept });

  // Whoever was told stops worrying, at whatever time: their providers would go on calling people.
  const acknowledged = situation.status === 'acknowledged' ? situation.acknowledgedAt : null;
  if (acknowledged !== null && toldAt !== null && toldAt < acknowledged && told.size > 0) {
    const reason = `${situation.acknowledgedBy ?? 'somebody'} takes care of it`;
    return { tell: true, kind: 'acknowledged', reason, alertIds: [...told.keys()], told, begins: false };
  }
  if (situation.heldBack !== null) return hold(situation.heldBack);
  const left = without(told, ended);
  if (audible.length === 0) {
    if (ended.length > 0 && left.size === 0) {
      if (!tellResolved) return hold('all alerts are resolved, which this route does not tell', left);
      const reason =
        isOver && alerts.some(({ state }) => state === 'firing') ? 'the incident was resolved' : 'all alerts are resolved';
      return { tell: true, kind: 'resolved', reason, alertIds: ended, told: left, begins: false };
    }
    return hold(firing[0]?.heldBack ?? 'nothing fires');
  }

  const next: Told = new Map([...left, ...audible.map(({ id, severity }) => [id, severity] as const)]);
  const tell = (kind: 'firing' | 'repeat', reason: string, begins = false): Decision => {
    const gone = tellResolved ? ended : [];
    return { tell: true, kind, reason, alertIds: [...audible.map(({ id }) => id), ...gone], told: next, begins };
  };
  if (told.size === 0) return tell('firing', 'first notification', true);
  const fresh = audible.filter(({ id }) => !told.has(id));
  if (fresh.length > 0) return tell('firing', counted(fresh.length, 'new alert'));
  const worse = audible.filter(({ id, severity }) => rank(severity) > rank(told.get(id) ?? severity));
  if (worse.length > 0) return tell('firing', `${counted(worse.length, 'alert')} got worse`);
  if (ended.length > 0) {
    if (tellResolved) return tell('firing', `${counted(ended.length, 'alert')} resolved`);
    return hold('some alerts are resolved, which this route does not tell', left);
  }
  if (toldAt === null || now - toldAt < situation.repeatIntervalMs) return hold('nothing new');
  if (situation.status === 'acknowledged') {
    return hold(`the repeat interval has passed, but ${situation.acknowledgedBy ?? 'somebody'} takes care of it`);
  }
  return tell('repeat', 'the repeat interval has passed');
}

function without(told: Told, ids: readonly number[]): Told {
  return new Map([...told].filter(([id]) => !ids.includes(id)));
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The worst of some severities; info where there is none. */
export function worstOf(severities: readonly Severity[]): Severity {
  return severities.reduce((worst, each) => (rank(each) > rank(worst) ? each : worst), 'info');
}

export function isWorse(severity: Severity, than: Severity): boolean {
  return rank(severity) > rank(than);
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
