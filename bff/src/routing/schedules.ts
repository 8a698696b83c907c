import {
  GAPS_AHEAD_MS,
  type Override,
  type OverrideInput,
  type Schedule,
  type StoredSchedule,
} from '@fleetbeat/contracts/on-call.ts';
import type { Stored } from '@fleetbeat/contracts/routing.ts';
import { recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { gapsAfter, onCallAt } from '@fleetbeat/infra/routing/on-call-calendar.ts';
import type { Change } from '../http/change.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { unknownDefinition, type DefinitionRules } from './definition-changes.ts';
import { needKnown, needUnused } from './references.ts';

/** Gaps that are told one by one. */
const LISTED_GAPS = 20;
/** Overrides of a schedule that are not over, at most. */
const MAX_OVERRIDES = 500;

export const SCHEDULE_RULES: DefinitionRules<Schedule, Schedule> = {
  kind: 'schedule',
  most: 200,
  async accept(transaction, _, schedule) {
    const users = schedule.layers.flatMap(({ users: ids }, layer) =>
      ids.map((id, i) => ({ place: `layers.${layer}.users.${i}`, id })),
    );
    await needKnown(transaction, 'user', users);
    return schedule;
  },
  mayGo: (transaction, id) =>
    needUnused(transaction, { kind: 'escalation', containing: { steps: [{ targets: [{ type: 'schedule', id }] }] } }),
};

/** Schedules with who is on call, and with their gaps: accepted, but told. */
export function createPresentSchedules(
  readOverrides: () => Promise<ReadonlyMap<string, readonly Override[]>>,
  now: () => number,
) {
  return async (stored: readonly Stored<Schedule>[]): Promise<StoredSchedule[]> => {
    const overrides = await readOverrides();
    const at = now();
    return stored.map((schedule) => {
      const own = [...(overrides.get(schedule.id) ?? [])];
      const gaps = gapsAfter(schedule.definition, own, at);
      const minutes = Math.round(gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 60_000);
      const [first] = gaps;
      const days = GAPS_AHEAD_MS / 86_400_000;
      const warnings =
        first === undefined
          ? []
          : [
              `nobody is on call for ${minutes} minutes of the next ${days} days, in ${gaps.length === 1 ? 'one gap' : `${gaps.length} gaps`}, ` +
                `the first from ${new Date(first.from).toISOString()} to ${new Date(first.to).toISOString()}`,
            ];
      return {
        ...schedule,
        overrides: own,
        on_call: onCallAt(schedule.definition, own, at),
        gaps: gaps.slice(0, LISTED_GAPS),
        warnings,
      };
    });
  };
}

/** Adds and removes overrides, each with its entry in the audit log. Throws problems. */
export function createOverrideChanges(change: Change, now: () => number) {
  async function add(asker: Asker, scheduleId: string, override: OverrideInput): Promise<Override> {
    return change('schedules.override', async (transaction) => {
      const { rowCount } = await transaction.query(
        `select 1 from alerting_definitions where kind = 'schedule' and id = $1 for update`,
        [scheduleId],
      );
      if (rowCount === 0) throw unknownDefinition('schedule');
      await needKnown(transaction, 'user', [{ place: 'user_id', id: override.user_id }]);
      if (override.to <= now()) throw new HttpProblem(400, 'invalid-body', 'to: must lie ahead');
      const { rows: there } = await transaction.query<{ overrides: number }>(
        'select count(*) as overrides from on_call_overrides where schedule_id = $1 and to_ms > $2',
        [scheduleId, now()],
      );
      if ((there[0]?.overrides ?? 0) >= MAX_OVERRIDES) {
        throw new HttpProblem(409, 'too-many-overrides', `the schedule has ${MAX_OVERRIDES} overrides already`);
      }
      const { rows } = await transaction.query<{ id: number }>(
        'insert into on_call_overrides (schedule_id, user_id, from_ms, to_ms) values ($1, $2, $3, $4) returning id',
        [scheduleId, override.user_id, override.from, override.to],
      );
      const id = rows[0]?.id ?? 0;
      const added = { id, ...override };
      await record(asker, transaction, scheduleId, { before: null, after: added });
      return added;
    });
  }

  async function remove(asker: Asker, scheduleId: string, overrideId: number): Promise<void> {
    await change('schedules.override', async (transaction) => {
      const { rows } = await transaction.query<Override>(
        `delete from on_call_overrides where schedule_id = $1 and id = $2
         returning id, user_id, from_ms as "from", to_ms as "to"`,
        [scheduleId, overrideId],
      );
      const [gone] = rows;
      if (gone === undefined) throw new HttpProblem(404, 'unknown-override', 'the schedule has no override of this id');
      await record(asker, transaction, scheduleId, { before: gone, after: null });
    });
  }

  return { add, remove };
}
export type OverrideChanges = ReturnType<typeof createOverrideChanges>;

function record(
  { actor, requestId }: Asker,
  transaction: Parameters<typeof recordChange>[0],
  entityId: string,
  override: { before: Override | null; after: Override | null },
): Promise<void> {
  return recordChange(transaction, {
    entityType: 'schedule',
    entityId,
    action: 'updated',
    actor,
    changes: { override },
    requestId,
  });
}

export function createFindSchedule(query: ReadQuery) {
  return async (scheduleId: string): Promise<{ definition: Schedule; overrides: Override[] }> => {
    const [row] = await query<{ definition: Schedule; overrides: Override[] }>(
      'schedules.calendar',
      `select d.definition, coalesce((
         select jsonb_agg(jsonb_build_object('id', o.id, 'user_id', o.user_id, 'from', o.from_ms, 'to', o.to_ms))
         from (select * from on_call_overrides where schedule_id = d.id order by to_ms desc limit 5000) o), '[]') as overrides
       from alerting_definitions d where d.kind = 'schedule' and d.id = $1`,
      [scheduleId],
    );
    if (row === undefined) throw unknownDefinition('schedule');
    return row;
  };
}
