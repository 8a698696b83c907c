import type { IncidentStatus } from '@fleetbeat/contracts/incidents.ts';
import { changesBetween, recordChange, type Asker, type Changes } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import {
  addToTimeline,
  dropTimers,
  forgetTold,
  readIncidents,
  setTimer,
  type NewTimelineEntry,
} from '@fleetbeat/infra/incidents/incident-rows.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';
import { escalateByHand } from './escalate-by-hand.ts';

/** The longest snooze, in milliseconds (30 days). */
const LONGEST_SNOOZE_MS = 30 * 86_400_000;

interface State {
  readonly status: IncidentStatus;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly assigned_to: string | null;
  readonly snoozed_until: number | null;
  readonly resolved_at: number | null;
  readonly resolved_by: string | null;
}

/** What somebody does to an incident: its new state, what the timeline says, and what the audit log says beside the state. */
interface Done {
  readonly after: Partial<State>;
  /** Absent where the act has told the timeline itself. */
  readonly entry?: NewTimelineEntry;
  readonly audited?: Changes;
}
/** Null leaves all as it is. */
type Act = (state: State, transaction: Transaction) => Promise<Done | null>;

export interface IncidentChangesParts {
  readonly change: Change;
  readonly announce: Announce;
  readonly now: () => number;
  /** Where people see the dashboard. */
  readonly publicUrl: string;
}

/** What people do to incidents: each is one transaction with the timeline, the timers and the audit log. Throws problems. */
export function createIncidentChanges({ change, announce, now, publicUrl }: IncidentChangesParts) {
  async function act(asker: Asker, id: number, name: string, precondition: Precondition | null, work: Act): Promise<void> {
    const [incident] = await change(`incidents.${name}`, async (transaction) => {
      const { rows } = await transaction.query<State & { revision: number }>(
        `select status, acknowledged_at, acknowledged_by, assigned_to, snoozed_until, resolved_at, resolved_by, revision
         from incidents where id = $1 for update`,
        [id],
      );
      const [row] = rows;
      if (row === undefined) throw unknownIncident();
      const { revision, ...before } = row;
      precondition?.(revision);
      const done = await work(before, transaction);
      if (done === null) return [];
      const after = { ...before, ...done.after };
      await write(transaction, id, after);
      if (done.entry !== undefined) await addToTimeline(transaction, id, now(), [{ ...done.entry, actor: asker.actor.id }]);
      await recordChange(transaction, {
        entityType: 'incident',
        entityId: String(id),
        action: 'updated',
        actor: asker.actor,
        changes: { ...changesBetween(before, after, FIELDS), ...done.audited },
        requestId: asker.requestId,
      });
      return readIncidents(transaction, [id]);
    });
    if (incident !== undefined) announce([{ type: 'incident', data: incident }]);
  }

  async function write(transaction: Transaction, id: number, state: State): Promise<void> {
    const columns = FIELDS.map((field, i) => `${field} = $${i + 3}`).join(', ');
    await transaction.query(`update incidents set revision = revision + 1, updated_at = $2, ${columns} where id = $1`, [
      id,
      now(),
      ...FIELDS.map((field) => state[field]),
    ]);
  }

  /** Whoever was told hears of it at once. */
  async function flushNow(transaction: Transaction, id: number): Promise<void> {
    await transaction.query(`update incident_timers set due_at = $2 where incident_id = $1 and kind = 'flush'`, [id, now()]);
  }

  return {
    /** Somebody takes care of it: nobody else is called. Whoever was first has it. */
    acknowledge: (asker: Asker, id: number, precondition: Precondition | null) =>
      act(asker, id, 'acknowledge', precondition, async (state, transaction) => {
        needOngoing(state);
        if (state.status === 'acknowledged') return null;
        await dropTimers(transaction, id, { kind: 'escalate' });
        await flushNow(transaction, id);
        return {
          after: { status: 'acknowledged', acknowledged_at: now(), acknowledged_by: asker.actor.id },
          entry: { kind: 'acknowledged', text: 'nobody else is called' },
        };
      }),

    /** Calls the next step of its escalation now. Whoever takes care of it still does. */
    escalate: (asker: Asker, id: number, precondition: Precondition | null) =>
      act(asker, id, 'escalate', precondition, async (state, transaction) => {
        needOngoing(state);
        const called = await escalateByHand(transaction, id, asker.actor.id, { enqueue: enqueueDelivery, publicUrl }, now());
        return { after: {}, audited: { escalated: { before: null, after: called } } };
      }),

    assign: (asker: Asker, id: number, precondition: Precondition | null, userId: string | null) =>
      act(asker, id, 'assign', precondition, async (state, transaction) => {
        needOngoing(state);
        if (state.assigned_to === userId) return null;
        if (userId !== null) await needUser(transaction, userId);
        return {
          after: { assigned_to: userId },
          entry: { kind: 'assigned', text: userId === null ? 'to nobody' : `to ${userId}` },
        };
      }),

    /** Puts it off: nobody is told until then, when it is open again. It stays acknowledged by whoever had it. */
    snooze: (asker: Asker, id: number, precondition: Precondition | null, until: number) =>
      act(asker, id, 'snooze', precondition, async (state, transaction) => {
        needOngoing(state);
        if (until <= now()) throw new HttpProblem(400, 'invalid-body', 'until: must lie ahead');
        if (until - now() > LONGEST_SNOOZE_MS) throw new HttpProblem(400, 'invalid-body', 'until: at most 30 days ahead');
        await dropTimers(transaction, id, { kind: 'escalate' });
        await setTimer(transaction, id, { routeId: '', kind: 'unsnooze' }, until);
        if (state.status === 'open') await flushNow(transaction, id);
        return {
          after: {
            status: 'acknowledged',
            acknowledged_at: state.acknowledged_at ?? now(),
            acknowledged_by: state.acknowledged_by ?? asker.actor.id,
            snoozed_until: until,
          },
          entry: { kind: 'snoozed', text: `until ${new Date(until).toISOString()}` },
        };
      }),

    /** Somebody says that it is over, whatever its alerts do. */
    resolve: (asker: Asker, id: number, precondition: Precondition | null) =>
      act(asker, id, 'resolve', precondition, async (state, transaction) => {
        needOngoing(state);
        await dropTimers(transaction, id, { kind: 'escalate' });
        await dropTimers(transaction, id, { kind: 'unsnooze' });
        await flushNow(transaction, id);
        return {
          after: { status: 'resolved', resolved_at: now(), resolved_by: asker.actor.id, snoozed_until: null },
          entry: { kind: 'resolved', text: 'by hand' },
        };
      }),

    /** What somebody has called over while alerts fire is open again, and told and escalated as if it were new. */
    reopen: (asker: Asker, id: number, precondition: Precondition | null) =>
      act(asker, id, 'reopen', precondition, async (state, transaction) => {
        if (state.status !== 'resolved') return null;
        const { rows } = await transaction.query<{ route: string }>(
          `select distinct unnest(routes) as route from incident_alerts where incident_id = $1 and state = 'firing'`,
          [id],
        );
        if (rows.length === 0) throw new HttpProblem(409, 'nothing-fires', 'none of its alerts fires: there is nothing to open');
        await needFreeGroup(transaction, id);
        await forgetTold(transaction, id);
        await transaction.query('update incidents set reopened = reopened + 1 where id = $1', [id]);
        for (const { route } of rows) await setTimer(transaction, id, { routeId: route, kind: 'flush' }, now());
        return {
          after: { status: 'open', resolved_at: null, resolved_by: null, acknowledged_at: null, acknowledged_by: null },
          entry: { kind: 'reopened', text: 'by hand' },
        };
      }),
  };
}
export type IncidentChanges = ReturnType<typeof createIncidentChanges>;

const FIELDS = [
  'status',
  'acknowledged_at',
  'acknowledged_by',
  'assigned_to',
  'snoozed_until',
  'resolved_at',
  'resolved_by',
] as const satisfies readonly (keyof State)[];

export function unknownIncident(): HttpProblem {
  return new HttpProblem(404, 'unknown-incident', 'there is no incident of this id');
}

function needOngoing({ status }: State): void {
  if (status === 'resolved') throw new HttpProblem(409, 'incident-resolved', 'the incident is over: open it again first');
}

async function needUser(transaction: Transaction, userId: string): Promise<void> {
  const { rowCount } = await transaction.query('select 1 from users where id = $1 and disabled_at is null', [userId]);
  if (rowCount === 0) throw new HttpProblem(400, 'invalid-body', `user_id: there is no user ${JSON.stringify(userId)}`);
}

/** A group has one incident at a time. The row is marked here, where a conflict can be told. */
async function needFreeGroup(transaction: Transaction, id: number): Promise<void> {
  await writeUnique(
    () => transaction.query(`update incidents set status = 'open' where id = $1`, [id]),
    () => new HttpProblem(409, 'group-has-incident', 'its group has a newer incident that is not over'),
  );
}
