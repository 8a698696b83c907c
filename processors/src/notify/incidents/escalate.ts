import type { Target } from '@fleetbeat/contracts/on-call.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { addToTimeline, dropTimers, setTimer } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { counted } from '@fleetbeat/infra/routing/decide-notice.ts';
import { stepAfter } from '@fleetbeat/infra/routing/next-step.ts';
import { onCallAt } from '@fleetbeat/infra/routing/on-call-calendar.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { readKeptAlerts, readThread, writeThread, type LockedIncident } from './incident-store.ts';
import { sendNotice, type Outgoing } from './send-notice.ts';

/** How soon a step that is held back is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** Takes the next step of an escalation, unless somebody takes care by now, and sets the time of the one after. */
export async function escalate(
  transaction: Transaction,
  found: LockedIncident,
  routeId: string,
  definitions: Definitions,
  outgoing: Outgoing,
  now: number,
): Promise<LockedIncident> {
  const timer = { routeId, kind: 'escalate' } as const;
  const thread = await readThread(transaction, found.id, routeId);
  const node = definitions.routes.get(routeId);
  const policy = definitions.escalations.get(node?.settings.escalation_id ?? '');
  const place = { step: thread.escalationStep ?? 0, round: thread.escalationRound };
  const step = policy?.steps[place.step];
  if (found.status !== 'open' || thread.escalationStep === null || policy === undefined || step === undefined) {
    await dropTimers(transaction, found.id, timer);
    await writeThread(transaction, found.id, { ...thread, escalationStep: null });
    return found;
  }
  const alerts = (await readKeptAlerts(transaction, found.id)).filter(
    ({ state, routes }) => state === 'firing' && routes.includes(routeId),
  );
  const audible = alerts.filter(({ heldBack }) => heldBack === null);
  if (audible.length === 0) {
    await setTimer(transaction, found.id, timer, now + LOOK_AGAIN_MS);
    return found;
  }

  const { channels, reaches } = await reach(transaction, step.targets, definitions, now);
  const which = `step ${place.step + 1} of ${policy.steps.length}${place.round === 0 ? '' : `, round ${place.round + 1}`}`;
  const isFirst = place.step === 0 && place.round === 0;
  const { incident, deliveryIds } = await sendNotice(
    transaction,
    found,
    {
      kind: isFirst ? 'firing' : 'escalated',
      reason: isFirst ? `${policy.name}: ${which}` : `nobody has acknowledged; ${policy.name}: ${which}`,
      channels,
      alertIds: audible.map(({ id }) => id),
    },
    outgoing,
    now,
  );
  const next = stepAfter(policy, place, deliveryIds.length > 0);
  const entries = [{ kind: 'escalated' as const, text: `${policy.name}, ${which}: ${reaches.join('; ')}`, deliveryIds }];
  if (next === null) {
    await dropTimers(transaction, found.id, timer);
    await addToTimeline(transaction, found.id, now, [
      ...entries,
      { kind: 'held_back', text: `${policy.name}: that was the last step, and nobody has acknowledged yet` },
    ]);
  } else {
    await setTimer(transaction, found.id, timer, now + next.afterMs);
    await addToTimeline(transaction, found.id, now, entries);
  }
  await writeThread(transaction, found.id, {
    ...thread,
    escalationStep: next?.step ?? null,
    escalationRound: next?.round ?? place.round,
    escalatedTo: [...new Set([...thread.escalatedTo, ...channels])],
  });
  return incident;
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
