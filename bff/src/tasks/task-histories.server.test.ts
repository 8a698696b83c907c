import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_PRIORITIES, TASK_STATUSES, type TaskEvent } from '@fleetbeat/contracts/events.ts';
import {
  applyTaskChange,
  applyTaskEvent,
  type TaskFields,
  type TaskState,
  type Version,
} from '@fleetbeat/contracts/task-state.ts';
import { mayFollow } from '@fleetbeat/contracts/task-transitions.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { changeTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const START = Date.now();

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

let made = 0;
const newId = () => `history-${made++}`;

function send(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', 'if-match': '*' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Stores events of a task as the processor does when it stores a cut. */
async function deliver(taskId: string, events: readonly { event: TaskEvent; ts: number }[]): Promise<void> {
  await inTransaction(bff.database, (transaction) =>
    changeTasks(transaction, [taskId], (_id, before) => {
      let state = before;
      for (const { event, ts } of events) state = applyTaskEvent(state, event, ts);
      return state;
    }),
  );
}

async function stored(taskId: string): Promise<TaskState> {
  const { rows } = await bff.database.query<TaskState>('select * from tasks where task_id = $1', [taskId]);
  const row = rows[0];
  if (row === undefined) throw new Error(`${taskId} is not there`);
  return row;
}

const fields = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    status: fc.constantFrom(...TASK_STATUSES),
    priority: fc.constantFrom(...TASK_PRIORITIES),
    progress: fc.nat({ max: 100 }),
    result: fc.constantFrom<unknown>(null, 1, { b: 1, a: [2] }, 'r'),
    error: fc.constantFrom('broken', 'late'),
  },
  { requiredKeys: [] },
);
const happening = fc.oneof(
  // From long ago to as far ahead as clocks may run.
  fc.record({
    kind: fc.constant('event' as const),
    fields: fields.map((some) => ({ status: 'pending' as const, ...some })),
    ts: fc.integer({ min: -3, max: 3 }).map((step) => START + step * 60_000),
    seq: fc.nat({ max: 1 }),
  }),
  fc.record({ kind: fc.constant('change' as const), fields }),
);

describe('a history of events and changes', () => {
  it('ends in one state, whatever the order in which its events come', async () => {
    const plan = fc.tuple(fc.array(happening, { minLength: 1, maxLength: 12 }), fc.func(fc.integer()), fc.boolean());
    await fc.assert(
      fc.asyncProperty(plan, async ([happenings, key, byHand]) => {
        const taskId = newId();
        const history: { fields: TaskFields; version: Version }[] = [];
        let state: TaskState | null = null;
        if (byHand) {
          expect((await send('POST', '/tasks', { task_id: taskId, name: 'first' })).status).toBe(201);
          state = await stored(taskId);
          history.push({ fields: { name: 'first' }, version: state.versions.name ?? [0, 0] });
        }
        for (const each of happenings) {
          if (each.kind === 'event') {
            const event = { task_id: taskId, seq: each.seq, ...each.fields };
            await deliver(taskId, [{ event, ts: each.ts }]);
            history.push({ fields: each.fields, version: [each.ts, each.seq] });
          } else {
            const { status } = each.fields;
            const answer = await send('PATCH', `/tasks/${taskId}`, each.fields);
            const legal = state !== null && (status === undefined || mayFollow(state.status, status));
            const empty = Object.keys(each.fields).length === 0;
            expect(answer.status).toBe(empty ? 400 : state === null ? 404 : legal ? 200 : 409);
            if (answer.status !== 200) continue;
            const after = await stored(taskId);
            // Staying in a status is no change of it.
            const said: TaskFields = { ...each.fields, status: status === state?.status ? undefined : status };
            const touched = (Object.keys(said) as (keyof TaskFields)[]).find((field) => said[field] !== undefined);
            expect(after).toMatchObject(each.fields);
            const version = touched === undefined ? undefined : after.versions[touched];
            if (version !== undefined) history.push({ fields: said, version });
            else history.push({ fields: {}, version: [after.updated_at, 0] });
          }
          state = await stored(taskId);
        }
        if (state === null) return;
        const shuffled = history.map((one, index) => ({ one, at: key(index) })).sort((a, b) => a.at - b.at);
        let again: TaskState | null = null;
        for (const { one } of shuffled) again = applyTaskChange(again, taskId, one.fields, one.version);
        // Whether it was seen completed before depends on what came first.
        const { revision: _revision, created_by: _by, reopened_at: _reopened, ...end } = state;
        expect(again).toMatchObject(end);
      }),
      { numRuns: 60 },
    );
  });

  it('ends with a deletion, whatever comes later', async () => {
    const taskId = newId();
    await deliver(taskId, [{ event: { task_id: taskId, status: 'in_progress', name: 'Secret', result: 'secret' }, ts: START }]);
    expect((await send('DELETE', `/tasks/${taskId}`)).status).toBe(204);
    const gone = await stored(taskId);
    for (const ts of [START - 60_000, START + 300_000]) {
      await deliver(taskId, [{ event: { task_id: taskId, status: 'completed', name: 'Secret', result: 'secret' }, ts }]);
    }
    expect(await stored(taskId)).toEqual(gone);
    expect(gone).toMatchObject({ name: null, result: null, deleted_at: expect.any(Number), versions: {} });
    expect((await send('GET', `/tasks/${taskId}`)).status).toBe(404);
    expect((await send('DELETE', `/tasks/${taskId}`)).status).toBe(404);
  });

  it('loses nothing where events and people come at the same time, not even to a task that nobody had seen', async () => {
    for (let round = 0; round < 30; round++) {
      const taskId = newId();
      const [answer] = await Promise.all([
        send('POST', '/tasks', { task_id: taskId, name: 'By hand' }),
        deliver(taskId, [{ event: { task_id: taskId, status: 'in_progress', error: 'one' }, ts: START }]),
      ]);
      const progress = [1, 2, 3, 4];
      const answers = await Promise.all([
        ...progress.map((value) => send('PATCH', `/tasks/${taskId}`, { progress: value })),
        deliver(taskId, [{ event: { task_id: taskId, status: 'in_progress', description: 'two' }, ts: START + 1 }]),
        deliver(taskId, [{ event: { task_id: taskId, status: 'in_progress', result: 'three' }, ts: START + 2 }]),
      ]);
      expect(answers.slice(0, 4).map((each) => each?.status)).toEqual([200, 200, 200, 200]);
      const end = await stored(taskId);
      expect(end).toMatchObject({ error: 'one', description: 'two', result: 'three', attempts: 3, status: 'in_progress' });
      expect([201, 409]).toContain(answer.status);
      expect(end.name).toBe(answer.status === 201 ? 'By hand' : null);
      expect(end.revision).toBe(answer.status === 201 ? 8 : 7);
    }
  });
});
