import { NONE, TIERS, WHOLE, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { PartialTable } from './partial-table.ts';

const AT = COLUMN.tasks;
const STATUS_COLUMN = {
  pending: AT.created,
  in_progress: AT.started,
  completed: AT.completed,
  failed: AT.failed,
  cancelled: AT.cancelled,
} as const satisfies Record<TaskStatus, number>;

/** The rollups of task events over one cut, per workflow and for all tasks. */
export class TaskRollup {
  readonly workflows = new PartialTable('workflow');
  readonly #all = new PartialTable('tasks');

  get size(): number {
    return this.workflows.size + this.#all.size;
  }

  add(event: DecodedEvent): void {
    const window = windowStart(event.ts, TIERS['10s']);
    const workflow = (event.fields['workflow_id'] as string | undefined) ?? NONE;
    addStep(this.workflows.of(workflow).at(window), event.fields);
    addStep(this.#all.of(WHOLE).at(window), event.fields);
  }

  *rows(source: number, seq: number): Generator<PartialRow> {
    yield* this.workflows.rows(source, seq);
    yield* this.#all.rows(source, seq);
  }
}

function addStep(partial: Partial, fields: Readonly<Record<string, unknown>>): void {
  const sent = fields['status'];
  const status = (sent === 'in-progress' ? 'in_progress' : sent) as TaskStatus;
  const { values } = partial;
  values[AT.events] = (values[AT.events] as number) + 1;
  // A step with progress tells how far a start has come; it is no second start.
  if (status === 'in_progress' && typeof fields['progress'] === 'number' && fields['progress'] > 0) return;
  const column = STATUS_COLUMN[status];
  values[column] = (values[column] as number) + 1;
  const seconds = fields['duration_seconds'] as number | undefined;
  if (seconds === undefined || status !== 'completed') return;
  const ms = Math.round(seconds * 1_000);
  values[AT.timed] = (values[AT.timed] as number) + 1;
  values[AT.duration_ms] = (values[AT.duration_ms] as number) + ms;
  partial.addToSketch(ms);
}
