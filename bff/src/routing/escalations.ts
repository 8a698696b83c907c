import type { Escalation, Target } from '@fleetbeat/contracts/on-call.ts';
import type { Stored } from '@fleetbeat/contracts/routing.ts';
import { onCallAt } from '@fleetbeat/infra/routing/on-call-calendar.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { DefinitionRules } from './definition-changes.ts';
import { needKnown, needUnused, type Reference } from './references.ts';

export const ESCALATION_RULES: DefinitionRules<Escalation, Escalation> = {
  kind: 'escalation',
  most: 200,
  async accept(transaction, _, escalation) {
    for (const type of ['channel', 'schedule', 'user'] as const) {
      const references = escalation.steps.flatMap(({ targets }, step) =>
        targets.flatMap((target, i): Reference[] =>
          target.type === type ? [{ place: `steps.${step}.targets.${i}.id`, id: target.id }] : [],
        ),
      );
      await needKnown(transaction, type, references);
    }
    return escalation;
  },
  mayGo: (transaction, id) => needUnused(transaction, { kind: 'route', containing: { escalation_id: id } }),
};

/** Whom a target reaches at a time: in words, and whether that is anybody. */
export interface Reach {
  readonly who: string;
  readonly reached: boolean;
}
export type ReachOf = (target: Target, at: number) => Reach;

/** Answers whom targets reach, by what is known now of people and channels. */
export async function createReachOf(query: ReadQuery, { schedules }: Pick<Definitions, 'schedules'>): Promise<ReachOf> {
  const users = new Map(
    (await query<{ id: string; name: string }>('escalations.users', 'select id, name from users where disabled_at is null')).map(
      ({ id, name }) => [id, name],
    ),
  );
  const channels = await query<{ id: string; name: string; owner: string | null }>(
    'escalations.channels',
    'select id, name, owner from channels where enabled and deleted_at is null',
  );
  const user = (id: string): Reach => {
    const name = users.get(id);
    if (name === undefined) return { who: `${id}, who has no account`, reached: false };
    const own = channels.filter(({ owner }) => owner === id).map((channel) => channel.name);
    return own.length === 0
      ? { who: `${name}, who has no channel`, reached: false }
      : { who: `${name} over ${own.join(', ')}`, reached: true };
  };
  return ({ type: kind, id }, at) => {
    switch (kind) {
      case 'channel': {
        const channel = channels.find((each) => each.id === id);
        return channel === undefined
          ? { who: `channel ${id}, which is switched off or gone`, reached: false }
          : { who: `channel ${channel.name}`, reached: true };
      }
      case 'user':
        return user(id);
      case 'schedule': {
        const known = schedules.get(id);
        if (known === undefined) return { who: `schedule ${id}, which is gone`, reached: false };
        const onCall = onCallAt(known.schedule, known.overrides, at).user_id;
        if (onCall === null) return { who: `nobody, as nobody is on call in ${known.schedule.name}`, reached: false };
        const { who, reached } = user(onCall);
        return { who: `${who}, on call in ${known.schedule.name}`, reached };
      }
      default:
        return kind satisfies never;
    }
  };
}

/** Escalations with warnings about targets that reach nobody as things are. */
export function createPresentEscalations(reachable: () => Promise<ReachOf>, now: () => number) {
  return async (stored: readonly Stored<Escalation>[]) => {
    if (stored.length === 0) return [];
    const reachOf = await reachable();
    const at = now();
    return stored.map((escalation) => {
      const warnings = escalation.definition.steps.flatMap(({ targets }, step) =>
        targets.flatMap((target) => {
          const { who, reached } = reachOf(target, at);
          return reached ? [] : [`step ${step + 1} reaches ${who}`];
        }),
      );
      return { ...escalation, warnings };
    });
  };
}
