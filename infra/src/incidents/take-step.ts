import type { Escalation, Target } from '@fleetbeat/contracts/on-call.ts';
import type { Transaction } from '../database/database.ts';
import { counted } from '../routing/decide-notice.ts';
import { stepAfter } from '../routing/next-step.ts';
import { onCallAt } from '../routing/on-call-calendar.ts';
import type { Definitions } from '../routing/read-definitions.ts';
import { addToTimeline, dropTimers, setTimer } from './incident-rows.ts';
import { readKeptAlerts, writeThread, type KeptAlert, type LockedIncident, type Thread } from './incident-store.ts';
import { sendNotice, type Outgoing } from './send-notice.ts';

/** An escalation of an incident that is under way, and the alerts that it tells of. */
export interface UnderWay {
  readonly policy: Escalation;
  readonly step: Escalation['steps'][number];
  readonly thread: Thread & { readonly escalationStep: number };
}

/** What is under way by a route's thread; null where no step of it is left. */
export function underWay(thread: Thread, { routes, escalations }: Definitions): UnderWay | null {
  const { escalationStep: place } = thread;
  const policy = escalations.get(routes.get(thread.routeId)?.settings.escalation_id ?? '');
  const step = place === null ? undefined : policy?.steps[place];
  if (place === null || policy === undefined || step === undefined) return null;
  return { policy, step, thread: { ...thread, escalationStep: place } };
}

/** What fires on a route and is held back by nothing: without it there is nothing to call anybody for. */
export async function readAudible(transaction: Transaction, incidentId: number, routeId: string): Promise<KeptAlert[]> {
  return (await readKeptAlerts(transaction, incidentId)).filter(
    ({ state, routes, heldBack }) => state === 'firing' && routes.includes(routeId) && heldBack === null,
  );
}

export interface StepTaken {
  readonly incident: LockedIncident;
  /** Whether anybody was told. */
  readonly reached: boolean;
  /** Which step it was and whom it reaches, in words. */
  readonly text: string;
}

/**
 * Takes the step of an escalation that comes next, and sets the time of the one after while nobody takes care. `why` goes into
 * the notice; `actor` is whoever did it by hand. For an incident that is locked.
 */
export async function takeStep(
  transaction: Transaction,
  found: LockedIncident,
  { policy, step, thread }: UnderWay,
  { alerts, why, actor }: { alerts: readonly KeptAlert[]; why: string; actor?: string },
  { definitions, outgoing, now }: { definitions: Definitions; outgoing: Outgoing; now: number },
): Promise<StepTaken> {
  const timer = { routeId: thread.routeId, kind: 'escalate' } as const;
  const place = { step: thread.escalationStep, round: thread.escalationRound };
  const { channels, reaches } = await reach(transaction, step.targets, definitions, now);
  const which = `step ${place.step + 1} of ${policy.steps.length}${place.round === 0 ? '' : `, round ${place.round + 1}`}`;
  const isFirst = place.step === 0 && place.round === 0;
  const { incident, deliveryIds } = await sendNotice(
    transaction,
    found,
    {
      kind: isFirst ? 'firing' : 'escalated',
      reason: `${isFirst && actor === undefined ? '' : `${why}; `}${policy.name}: ${which}`,
      channels,
      alertIds: alerts.map(({ id }) => id),
    },
    outgoing,
    now,
  );
  const reached = deliveryIds.length > 0;
  const next = stepAfter(policy, place, reached);
  const text = `${policy.name}, ${which}: ${reaches.join('; ')}`;
  await addToTimeline(transaction, found.id, now, [{ kind: 'escalated', text, deliveryIds, actor }]);
  if (next === null || found.status !== 'open') await dropTimers(transaction, found.id, timer);
  else await setTimer(transaction, found.id, timer, now + next.afterMs);
  if (next === null && found.status === 'open') {
    await addToTimeline(transaction, found.id, now, [
      { kind: 'held_back', text: `${policy.name}: that was the last step, and nobody has acknowledged yet` },
    ]);
  }
  await writeThread(transaction, found.id, {
    ...thread,
    escalationStep: next?.step ?? null,
    escalationRound: next?.round ?? place.round,
    escalatedTo: [...new Set([...thread.escalatedTo, ...channels])],
  });
  return { incident, reached, text };
}

/** The channels of some targets, and in words whom they reach. */
async function reach(
  transaction: Transaction,
  targets: readonly Target[],
  { schedules }: Definitions,
  now: number,
): Promise<{ channels: string[]; reaches: string[] }> {
  const channels = new Set<string>();
  const reaches: string[] = [];
  for (const { type: kind, id } of targets) {
    switch (kind) {
      case 'channel': {
        channels.add(id);
        reaches.push(`channel ${await nameOf('channels', id)}`);
        break;
      }
      case 'schedule': {
        const known = schedules.get(id);
        const user = known === undefined ? null : onCallAt(known.schedule, known.overrides, now).user_id;
        const name = known?.schedule.name ?? id;
        if (user === null) reaches.push(`nobody is on call in ${name}`);
        else reaches.push(`${await addUser(user)}, on call in ${name}`);
        break;
      }
      case 'user':
        reaches.push(await addUser(id));
        break;
      default:
        kind satisfies never;
    }
  }
  return { channels: [...channels], reaches };

  async function addUser(userId: string): Promise<string> {
    const { rows } = await transaction.query<{ id: string }>(
      'select id from channels where owner = $1 and enabled and deleted_at is null order by id limit 20',
      [userId],
    );
    for (const { id } of rows) channels.add(id);
    const name = await nameOf('users', userId);
    return rows.length === 0 ? `${name} (who has no channel)` : `${name} (${counted(rows.length, 'channel')})`;
  }

  async function nameOf(table: 'channels' | 'users', id: string): Promise<string> {
    const { rows } = await transaction.query<{ name: string }>(`select name from ${table} where id = $1`, [id]);
    return rows[0]?.name ?? id;
  }
}
