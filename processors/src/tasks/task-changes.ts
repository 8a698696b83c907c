import { taskEventSchema, type TaskEvent } from '@fleetbeat/contracts/events.ts';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { applyTaskEvent } from '@fleetbeat/contracts/task-state.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { taskNews } from '@fleetbeat/infra/tasks/task-news.ts';
import { changeTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import type { DecodedEvent } from '../engine/decode.ts';

/** The task events of one cut, applied to the tasks table when the cut is stored. */
export class TaskChanges {
  readonly #events = new Map<string, { event: TaskEvent; ts: number }[]>();
  /** What to tell once the transaction has gone through: of each task written, and of its workflow. */
  changes: LiveRecord[] = [];

  add({ key, fields, ts }: DecodedEvent): void {
    const event = taskEventSchema.parse(fields);
    const events = this.#events.get(key);
    if (events === undefined) this.#events.set(key, [{ event, ts }]);
    else events.push({ event, ts });
  }

  async save(transaction: Transaction): Promise<void> {
    if (this.#events.size === 0) return;
    const changed = await changeTasks(transaction, this.#events.keys(), (id, before) => {
      let state = before;
      for (const { event, ts } of this.#events.get(id) ?? []) state = applyTaskEvent(state, event, ts);
      return state;
    });
    this.changes = taskNews(changed);
  }
}
