import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { BacktestAlert } from '@fleetbeat/contracts/backtest.ts';
import type { Target } from '@fleetbeat/contracts/on-call.ts';
import { decideNotice, isWorse, worstOf, type GroupAlert, type Told } from '@fleetbeat/infra/routing/decide-notice.ts';
import { inhibitedBy, mutedRoute, silencedBy, type LabelledAlert } from '@fleetbeat/infra/routing/held-back.ts';
import { stepAfter, type EscalationPlace } from '@fleetbeat/infra/routing/next-step.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { groupKey, groupLabels, walkRoutes, type RouteNode } from '@fleetbeat/infra/routing/route-tree.ts';

/**
 * Who would have been told of alerts, had nobody acknowledged any: the incidents, notices and calls that the jobs service
 * would have made of them, decided by the same functions, with a clock that goes from one event to the next. Pure.
 */

/** How soon a call that is held back is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

export interface Outcome {
  readonly incidents: number;
  /** Every notice to a channel and every call, in order of time. */
  readonly told: readonly Telling[];
  /** Why nobody was told of an alert, by the alert's place. */
  readonly heldBack: ReadonlyMap<number, string>;
}

export type Telling =
  | { readonly kind: 'notice'; readonly at: number; readonly channels: readonly string[] }
  | { readonly kind: 'call'; readonly at: number; readonly target: Target };

export interface TellingWorld {
  readonly definitions: Definitions;
  readonly labelsOf: (key: string, severity: Severity) => Record<string, string>;
  /** Other alerts that fired at a time, and may explain these. */
  readonly othersAt: (at: number) => readonly LabelledAlert[];
  /** Whether a target reaches anybody at a time. */
  readonly reaches: (target: Target, at: number) => boolean;
}

interface GroupedAlert extends GroupAlert {
  readonly labels: Record<string, string>;
  readonly routes: readonly string[];
}

interface Thread {
  told: Told;
  toldAt: number | null;
  flushAt: number | null;
  escalation: (EscalationPlace & { dueAt: number }) | null;
}

interface Incident {
  readonly maker: RouteNode;
  readonly alerts: Map<number, GroupedAlert>;
  readonly threads: Map<string, Thread>;
  resolvedAt: number | null;
}

interface Change {
  readonly at: number;
  readonly alert: number;
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
}

/** Follows the alerts to `until` (epoch ms). `breathe` is waited for after every decision. */
export async function replayTelling(
  alerts: readonly BacktestAlert[],
  world: TellingWorld,
  until: number,
  breathe: () => Promise<void>,
): Promise<Outcome> {
  const replay = new TellingReplay(world, breathe);
  const changes = alerts.flatMap(changesOf).toSorted((a, b) => a.at - b.at || a.alert - b.alert);
  for (const change of changes) {
    await replay.ringUntil(change.at);
    replay.join(change);
  }
  await replay.ringUntil(until);
  return replay;
}

function changesOf({ key, levels, resolved_at: resolvedAt, severity }: BacktestAlert, alert: number): Change[] {
  const fired = levels.map((level): Change => ({ at: level.at, alert, key, state: 'firing', severity: level.severity }));
  return resolvedAt === null ? fired : [...fired, { at: resolvedAt, alert, key, state: 'resolved', severity }];
}

class TellingReplay implements Outcome {
  readonly #world: TellingWorld;
  readonly #breathe: () => Promise<void>;
  /** The last incident of each group. */
  readonly #groups = new Map<string, Incident>();
  readonly #incidentOf = new Map<number, Incident>();
  incidents = 0;
  readonly told: Telling[] = [];
  readonly heldBack = new Map<number, string>();

  constructor(world: TellingWorld, breathe: () => Promise<void>) {
    this.#world = world;
    this.#breathe = breathe;
  }

  /** Brings a change of an alert into its incident, as it is or a new one. */
  join({ at, alert, key, state, severity }: Change): void {
    const { definitions } = this.#world;
    const labels = this.#world.labelsOf(key, severity);
    const { taken } = walkRoutes(definitions.defaultRoute, labels);
    const maker = taken.at(-1) ?? definitions.defaultRoute;
    const incident = this.#incidentOf.get(alert) ?? this.#incidentFor(maker, labels, at);
    this.#incidentOf.set(alert, incident);
    const before = incident.alerts.get(alert);
    const worstBefore = worstOf(firing(incident).map((each) => each.severity));
    const routes = [...new Set([...(before?.routes ?? []), ...taken.map(({ id }) => id)])];
    incident.alerts.set(alert, { id: alert, state, severity, heldBack: before?.heldBack ?? null, labels, routes });
    if (firing(incident).length === 0) {
      incident.resolvedAt = at;
      for (const thread of incident.threads.values()) thread.escalation = null;
    } else if (incident.resolvedAt !== null) {
      // It is opened again, and told as if it were new.
      incident.resolvedAt = null;
      for (const thread of incident.threads.values()) Object.assign(thread, { told: new Map(), toldAt: null, escalation: null });
    }
    for (const routeId of routes) {
      const thread = this.#threadOf(incident, routeId);
      const wait = definitions.routes.get(routeId)?.settings.group_wait_s ?? 0;
      thread.flushAt ??= at + wait * 1_000;
      if (state === 'firing' && isWorse(severity, worstBefore) && thread.told.size > 0)
        thread.flushAt = Math.min(thread.flushAt, at);
    }
  }

  /** Does all that is due before `until`. */
  async ringUntil(until: number): Promise<void> {
    for (;;) {
      let next: { dueAt: number; ring: () => void } | undefined;
      for (const incident of this.#groups.values()) {
        for (const [routeId, thread] of incident.threads) {
          const { flushAt, escalation } = thread;
          if (flushAt !== null && flushAt < (next?.dueAt ?? until)) {
            next = { dueAt: flushAt, ring: () => this.#flush(incident, routeId, thread, flushAt) };
          }
          if (escalation !== null && escalation.dueAt < (next?.dueAt ?? until)) {
            next = { dueAt: escalation.dueAt, ring: () => this.#escalate(incident, routeId, thread, escalation) };
          }
        }
      }
      if (next === undefined) return;
      next.ring();
      await this.#breathe();
    }
  }

  #incidentFor(maker: RouteNode, labels: Record<string, string>, at: number): Incident {
    const key = groupKey(maker.id, groupLabels(maker.settings, labels));
    const known = this.#groups.get(key);
    const isOver = known?.resolvedAt !== undefined && known.resolvedAt !== null;
    if (known !== undefined && !(isOver && at - (known.resolvedAt ?? 0) > maker.settings.reopen_s * 1_000)) return known;
    const incident: Incident = { maker, alerts: new Map(), threads: new Map(), resolvedAt: null };
    this.#groups.set(key, incident);
    this.incidents += 1;
    return incident;
  }

  #threadOf(incident: Incident, routeId: string): Thread {
    let thread = incident.threads.get(routeId);
    if (thread === undefined) {
      thread = { told: new Map(), toldAt: null, flushAt: null, escalation: null };
      incident.threads.set(routeId, thread);
    }
    return thread;
  }

  #flush(incident: Incident, routeId: string, thread: Thread, now: number): void {
    const settings = this.#world.definitions.routes.get(routeId)?.settings;
    thread.flushAt = null;
    if (settings === undefined) return;
    const alerts = this.#judged(incident, routeId, thread, now);
    const fires = alerts.filter(({ state }) => state === 'firing');
    const severities =
      fires.length === 0 && thread.told.size > 0 ? [...thread.told.values()] : fires.map((each) => each.severity);
    const decision = decideNotice({
      status: incident.resolvedAt === null ? 'open' : 'resolved',
      alerts,
      told: thread.told,
      toldAt: thread.toldAt,
      repeatIntervalMs: settings.repeat_interval_s * 1_000,
      tellResolved: settings.tell_resolved,
      heldBack: mutedRoute(settings, worstOf(severities), now),
      acknowledgedBy: null,
      acknowledgedAt: null,
      now,
    });
    thread.told = decision.told;
    if (decision.tell) {
      thread.toldAt = now;
      for (const id of decision.alertIds) this.heldBack.delete(id);
      if (settings.channels.length > 0) this.told.push({ kind: 'notice', at: now, channels: settings.channels });
      const policy = this.#world.definitions.escalations.get(settings.escalation_id ?? '');
      const [first] = policy?.steps ?? [];
      if (decision.begins && first !== undefined && incident.resolvedAt === null) {
        thread.escalation = { step: 0, round: 0, dueAt: now + first.after_s * 1_000 };
      }
    } else if (thread.toldAt === null) {
      for (const { id } of fires) this.heldBack.set(id, decision.reason);
    }
    for (const { id, state } of alerts) if (state === 'resolved' && !thread.told.has(id)) this.#forget(incident, id);
    if (fires.length > 0 || thread.told.size > 0) thread.flushAt = now + settings.group_interval_s * 1_000;
  }

  /** What is over and told by no route any more plays no part. */
  #forget(incident: Incident, id: number): void {
    if (![...incident.threads.values()].some(({ told }) => told.has(id))) incident.alerts.delete(id);
  }

  #escalate(incident: Incident, routeId: string, thread: Thread, place: EscalationPlace & { dueAt: number }): void {
    const { definitions, reaches } = this.#world;
    const now = place.dueAt;
    const policy = definitions.escalations.get(definitions.routes.get(routeId)?.settings.escalation_id ?? '');
    const step = policy?.steps[place.step];
    thread.escalation = null;
    if (policy === undefined || step === undefined || incident.resolvedAt !== null) return;
    const audible = this.#judged(incident, routeId, thread, now).filter(
      (each) => each.state === 'firing' && each.heldBack === null,
    );
    if (audible.length === 0) {
      thread.escalation = { ...place, dueAt: now + LOOK_AGAIN_MS };
      return;
    }
    for (const target of step.targets) this.told.push({ kind: 'call', at: now, target });
    const next = stepAfter(
      policy,
      place,
      step.targets.some((target) => reaches(target, now)),
    );
    if (next !== null) thread.escalation = { step: next.step, round: next.round, dueAt: now + next.afterMs };
  }

  /** The alerts that a route takes, with why nobody is told of them. */
  #judged(incident: Incident, routeId: string, thread: Thread, now: number): GroupAlert[] {
    const { silences, inhibitions } = this.#world.definitions;
    const others = inhibitions.length === 0 ? [] : this.#world.othersAt(now);
    return [...incident.alerts.values()].flatMap((alert) => {
      if (!alert.routes.includes(routeId)) return [];
      if (alert.state === 'resolved' && !thread.told.has(alert.id)) return [alert];
      const silence = silencedBy(alert.labels, silences, now);
      // The others have numbers of their own, from 1.
      const cause = inhibitedBy({ id: -1 - alert.id, labels: alert.labels }, inhibitions, others);
      const heldBack =
        silence !== undefined
          ? `silenced: ${silence.silence.comment}`
          : cause === undefined
            ? null
            : `explained: ${cause.inhibition.name}`;
      return [{ ...alert, heldBack }];
    });
  }
}

function firing({ alerts }: Incident): GroupedAlert[] {
  return [...alerts.values()].filter(({ state }) => state === 'firing');
}
