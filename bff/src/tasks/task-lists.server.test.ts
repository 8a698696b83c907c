import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TASK_PRIORITIES, TASK_STATUSES } from '@fleetbeat/contracts/events.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { administer, freshDatabase, withDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { createReadQuery } from '../http/read-query.ts';
import { CAN_BE_LOOKED_UP, createTasksReadModel, type TaskFilter } from './read-model.ts';
import { TASK_SORT_NAMES, type TaskSort } from './task-sorts.ts';

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const read = (database: Database, limits?: { lookedUp: number; lookedThrough: number; lookedThroughOfSome: number }) =>
  createTasksReadModel(createReadQuery(database, { timed: (_name, work) => work() }), limits);

const NAMES = ['Review', 'review the plan', 'Über', 'a_b', 'ab', '100%'];
const AGENTS = [null, 'ann', 'bob'];

/** As the list is described, written down a second time. */
function expected(tasks: readonly Task[], filter: TaskFilter, sort: TaskSort): string[] {
  const q = filter.q?.toLowerCase();
  const rank = (task: Task): number | string => {
    switch (sort) {
      case 'created_at':
        return -task.created_at;
      case 'updated_at':
        return -task.updated_at;
      case 'due_date':
        return task.due_date ?? Number.MAX_SAFE_INTEGER;
      case 'priority':
        return TASK_PRIORITIES.indexOf(task.priority);
      case 'name':
        return task.name ?? '';
    }
  };
  const down = sort === 'created_at' || sort === 'updated_at' ? -1 : 1;
  return tasks
    .filter(
      (task) =>
        (filter.status.length === 0 || filter.status.includes(task.status)) &&
        (filter.priority === undefined || task.priority === filter.priority) &&
        (filter.agent_id === undefined || task.agent_id === filter.agent_id) &&
        (q === undefined || [task.task_id, task.name, task.description].some((text) => text?.toLowerCase().includes(q) === true)),
    )
    .map((task) => ({ id: task.task_id, at: rank(task) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -down : down))
    .map(({ id }) => id);
}

describe('lists of tasks', () => {
  it('have what is asked for, in its order, on pages of any size, and the counts agree', async () => {
    const tasks = read(fresh.database);
    // As if each search met its bounds.
    const hasty = read(fresh.database, { lookedUp: 2, lookedThrough: 7, lookedThroughOfSome: 3 });
    // Byte by byte, as JavaScript compares.
    await fresh.database.query(
      `insert into tasks (task_id, name, description, status, priority, agent_id, due_date, created_at,
        updated_at, versions)
      select 't' || lpad(i::text, 3, '0'), ($1::text[])[1 + i % 6], case when i % 5 = 0 then 'Text ' || i end,
        ($2::text[])[1 + i * 7 % 5], ($3::text[])[1 + i % 3], nullif(($4::text[])[1 + i % 3], ''),
        case when i % 4 <> 0 then i * 37 % 50 end, i / 3, i * 13 % 40, '{}'
      from generate_series(1, 90) i`,
      [NAMES, TASK_STATUSES, TASK_PRIORITIES, AGENTS.map((agent) => agent ?? '')],
    );
    await fresh.database.query(`update tasks set deleted_at = 1, name = null, description = null where task_id = 't090'`);
    await fresh.database.query(`update tasks set name = 'Renamed' where task_id = 't001'`);
    const all = (await tasks.list({ status: [], sort: 'created_at', limit: 500 })).items;
    expect(all).toHaveLength(89);
    const filter = fc.record({
      status: fc.subarray([...TASK_STATUSES]),
      priority: fc.option(fc.constantFrom(...TASK_PRIORITIES), { nil: undefined }),
      agent_id: fc.option(fc.constantFrom('ann', 'bob', 'nobody'), { nil: undefined }),
      q: fc.option(fc.constantFrom('rev', 'REVIEW', 'über', 'a_b', '_', '%', 't00', 'text 1', 'no such', 're', 'Renamed'), {
        nil: undefined,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        filter,
        fc.constantFrom(...TASK_SORT_NAMES),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (wanted, sort, limit, hurry) => {
          const found: string[] = [];
          for (let cursor: string | undefined; ;) {
            const page = await (hurry ? hasty : tasks).list({ ...wanted, sort, limit, cursor });
            found.push(...page.items.map(({ task_id: id }) => id));
            if (page.next_cursor === null) break;
            cursor = page.next_cursor;
          }
          // Names are compared as the database does, which is not byte by byte.
          const [wantedIds, foundIds] = [expected(all, wanted, sort), found].map((ids) =>
            sort === 'name' ? [...ids].sort() : ids,
          );
          expect(foundIds).toEqual(wantedIds);
          if (wanted.q !== undefined && !CAN_BE_LOOKED_UP.test(wanted.q)) return;
          const { items } = await tasks.count(wanted);
          expect(items.reduce((sum, item) => sum + item.tasks, 0)).toBe(found.length);
          expect(items.some(({ more }) => more)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the index of texts', () => {
  it('is made by whoever owns the database, and is not needed to find', async () => {
    const { postgres } = inject('testServers');
    if (postgres === null) throw new Error('no Postgres for tests');
    const name = `fleetbeat_lists_${randomBytes(6).toString('hex')}`;
    await administer(postgres.url, `create role ${name} nosuperuser login password 'word'`);
    await administer(postgres.url, `create database ${name} owner ${name}`);
    const url = Object.assign(new URL(withDatabase(postgres.url, name)), { username: name, password: 'word' });
    const database = openDatabase(url.href, createLogger('test', 'fatal'));
    const found = async () =>
      (await read(database).list({ status: [], q: 'ZEPPE', sort: 'created_at', limit: 5 })).items.map(({ task_id: id }) => id);
    try {
      await migrate(database);
      await database.query(`insert into tasks (task_id, name, status, created_at, updated_at, versions)
                            values ('one', 'A zeppelin', 'pending', 1, 1, '{}'), ('two', 'A kite', 'pending', 1, 1, '{}')`);
      const { rows } = await database.query(`select to_regclass('task_texts_by_part') is not null as indexed`);
      expect(rows).toEqual([{ indexed: true }]);
      expect(await found()).toEqual(['one']);
      await database.query('drop extension pg_trgm cascade');
      expect(await found()).toEqual(['one']);
    } finally {
      await database.end();
      await administer(postgres.url, `drop database ${name} with (force)`);
      await administer(postgres.url, `drop role ${name}`);
    }
  });
});
