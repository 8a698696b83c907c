import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { addToTimeline, dropTimers, setTimer } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { decideNotice, worstOf, type Decision } from '@fleetbeat/infra/routing/decide-notice.ts';
import { inhibitedBy, mutedRoute, silencedBy, type LabelledAlert } from '@fleetbeat/infra/routing/held-back.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { RouteNode } from '@fleetbeat/infra/routing/route-tree.ts';
import {
  readKeptAlerts,
  readThread,
  writeThread,
  type KeptAlert,
  type LockedIncident,
  type Thread,
} from '@fleetbeat/infra/incidents/incident-store.ts';
import { sendNotice, type Outgoing } from '@fleetbeat/infra/incidents/send-notice.ts';

/** Alerts that may explain others, at most. */
const MAX_SOURCES = 10_000;

/** Decides whether one route tells of an incident now, tells it, and sets the time to decide again. */
export async function flushThread(
  transaction: Transaction,
  found: LockedIncident,
  routeId: string,
  definitions: Definitions,
  outgoing: Outgoing,
  now: number,
): Promise<LockedIncident> {
  const node = definitions.routes.get(routeId);
  const thread = await readThread(transaction, found.id, routeId);
  if (node === undefined) {
    await dropTimers(transaction, found.id, { routeId });
    await addToTimeline(transaction, found.id, now, [{ kind: 'held_back', text: 'the route is no longer there' }]);
    return found;
  }
  const kept = (await readKeptAlerts(transaction, found.id)).filter(({ routes }) => routes.includes(routeId));
  const alerts = await withReasons(transaction, kept, thread, definitions, now);
  const decision = decide(found, node, alerts, thread, now);
  const incident = await carryOut(transaction, found, node, thread, decision, { definitions, outgoing, now });

  const stillFires = found.status !== 'resolved' && alerts.some(({ state }) => state === 'firing');
  const timer = { routeId, kind: 'flush' } as const;
  if (stillFires || decision.told.size > 0) {
    await setTimer(transaction, found.id, timer, now + node.settings.group_interval_s * 1_000);
  } else {
    await dropTimers(transaction, found.id, timer);
  }
  return incident;
}

function decide(
  incident: LockedIncident,
  { settings }: RouteNode,
  alerts: readonly KeptAlert[],
  thread: Thread,
  now: number,
): Decision {
  const { snoozedUntil, status, acknowledgedBy, acknowledgedAt } = incident;
  const snoozed = snoozedUntil !== null && status !== 'resolved' ? `snoozed until ${new Date(snoozedUntil).toISOString()}` : null;
  const severity = worstOf(alerts.filter(({ state }) => state === 'firing').map((alert) => alert.severity));
  return decideNotice({
    status,
    alerts,
    told: thread.told,
    toldAt: thread.toldAt,
    repeatIntervalMs: settings.repeat_interval_s * 1_000,
    tellResolved: settings.tell_resolved,
    heldBack: snoozed ?? mutedRoute(settings, severityTold(alerts, thread) ?? severity, now),
    acknowledgedBy,
    acknowledgedAt,
    now,
  });
}

/** The end of what was told as more than info is not info: quiet hours do not keep it back. */
function severityTold(alerts: readonly KeptAlert[], thread: Thread) {
  return alerts.some(({ state }) => state === 'firing') || thread.told.size === 0
    ? undefined
    : worstOf([...thread.told.values()]);
}

async function carryOut(
  transaction: Transaction,
  found: LockedIncident,
  { id: routeId, route, settings }: RouteNode,
  thread: Thread,
  decision: Decision,
  { definitions, outgoing, now }: { definitions: Definitions; outgoing: Outgoing; now: number },
): Promise<LockedIncident> {
  if (!decision.tell) {
    const isSaid =
      decision.reason === thread.heldBack || decision.reason === 'nothing new' || decision.reason === 'nothing fires';
    if (!isSaid) {
      await addToTimeline(transaction, found.id, now, [{ kind: 'held_back', text: `${route.name}: ${decision.reason}` }]);
    }
    await writeThread(transaction, found.id, { ...thread, told: decision.told, heldBack: decision.reason });
    return found;
  }
  const { kind, reason, alertIds, told, begins } = decision;
  // Whoever was woken hears of it as well.
  const channels =
    kind === 'resolved' || kind === 'acknowledged'
      ? [...new Set([...settings.channels, ...thread.escalatedTo])]
      : settings.channels;
  const { incident, deliveryIds } = await sendNotice(transaction, found, { kind, reason, channels, alertIds }, outgoing, now);
  const nobody = deliveryIds.length === 0 ? ' (the route has no channel that is switched on)' : '';
  await addToTimeline(transaction, found.id, now, [
    { kind: 'told', text: `${route.name}: ${reason}${nobody}`, alertIds, deliveryIds },
  ]);
  const policy = settings.escalation_id === null ? undefined : definitions.escalations.get(settings.escalation_id);
  const escalates = begins && policy !== undefined && found.status === 'open';
  if (escalates) {
    const [step] = policy.steps;
    await setTimer(transaction, found.id, { routeId, kind: 'escalate' }, now + (step?.after_s ?? 0) * 1_000);
  }
  await writeThread(transaction, found.id, {
    ...thread,
    told,
    toldAt: now,
    heldBack: null,
    escalatedTo: kind === 'resolved' ? [] : thread.escalatedTo,
    ...(escalates ? { escalationStep: 0, escalationRound: 0 } : {}),
  });
  return incident;
}

/** The alerts with the reason why nobody is told of them, which is kept. Of what is over and was never told none is needed. */
async function withReasons(
  transaction: Transaction,
  alerts: readonly KeptAlert[],
  thread: Thread,
  { silences, inhibitions }: Definitions,
  now: number,
): Promise<KeptAlert[]> {
  const sources = inhibitions.length === 0 ? [] : await readSources(transaction, inhibitions);
  const judged = alerts.map((alert): KeptAlert => {
    if (alert.state === 'resolved' && !thread.told.has(alert.id)) return alert;
    const silence = silencedBy(alert.labels, silences, now);
    if (silence !== undefined) return { ...alert, heldBack: `silenced by ${silence.createdBy}: ${silence.silence.comment}` };
    const cause = inhibitedBy(alert, inhibitions, sources);
    if (cause === undefined) return { ...alert, heldBack: null };
    const { alertname, key } = cause.source.labels;
    return { ...alert, heldBack: `explained by ${alertname ?? 'another alert'}, ${key ?? ''} (${cause.inhibition.name})` };
  });
  const changed = judged.filter((alert, i) => alert.heldBack !== alerts[i]?.heldBack);
  if (changed.length > 0) {
    await transaction.query(
      `update incident_alerts a set held_back = n.held_back from unnest($1::bigint[], $2::text[]) as n (id, held_back)
       where a.alert_id = n.id`,
      [changed.map(({ id }) => id), changed.map(({ heldBack }) => heldBack)],
    );
  }
  return judged;
}

/** What fires and may explain something: narrowed down by the labels that an inhibition's source must have. */
async function readSources(transaction: Transaction, inhibitions: Definitions['inhibitions']): Promise<LabelledAlert[]> {
  const wanted = inhibitions.map(({ source }) =>
    Object.fromEntries(source.flatMap(({ label, op, value }) => (op === '=' && value !== '' ? [[label, value]] : []))),
  );
  const { rows } = await transaction.query<LabelledAlert>(
    `select alert_id as id, labels from incident_alerts where state = 'firing' and labels @> any($1::jsonb[]) order by alert_id limit $2`,
    [wanted.map((labels) => JSON.stringify(labels)), MAX_SOURCES],
  );
  return rows;
}
