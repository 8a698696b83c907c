import type { Database } from '@fleetbeat/infra/database/database.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';

const DAY_MS = 86_400_000;
const AGENTS = 500;

/**
 * Fills a fresh database with the tasks of a year: most of them done, the newest open; some agents with far more than others;
 * workflows of a few dozen and one of 5,000; names and descriptions of words, few of them rare.
 */
export async function fillTasks(database: Database, tasks: number): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await transaction.query('set local statement_timeout = 0');
    await transaction.query(`set local session_replication_role = 'replica'`);
    // An index is made faster than it grows.
    const { rows: indexes } = await transaction.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes
       where tablename in ('tasks', 'task_texts') and indexname not like '%_pkey'`,
    );
    for (const { name } of indexes) await transaction.query(`drop index ${name}`);
    await transaction.query('select setseed(0.42)');
    await transaction.query(FILL, [tasks, Date.now() - 365 * DAY_MS, AGENTS]);
    await transaction.query('insert into task_texts select task_id, task_text(tasks) from tasks');
    for (const { definition } of indexes) await transaction.query(definition);
  });
  const client = await database.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('vacuum analyze tasks');
    await client.query('vacuum analyze task_texts');
  } finally {
    await client.query('reset statement_timeout');
    client.release();
  }
}

const FILL = `
  with drawn as (
    select i, $2::bigint + (i * (365.0 * 86400000 / $1))::bigint as made, random() as a, random() as b, random() as c, random() as d,
      random() as e, random() as f, random() as g
    from generate_series(1, $1::integer) i
  ), shaped as (
    select *,
      case when i > $1 - 40000 and a < 0.85 then 'pending' when i > $1 - 60000 and a < 0.01 then 'in_progress'
           when a < 0.93 then 'completed' when a < 0.975 then 'failed' else 'cancelled' end as status,
      case when b < 0.15 then 'high' when b < 0.75 then 'medium' else 'low' end as priority
    from drawn
  )
  insert into tasks (task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, attempts,
                     created_at, started_at, completed_at, created_by, versions, updated_at)
  select lpad(to_hex(made), 12, '0') || '-' || left(md5(i::text), 19),
    (array['Review', 'Write', 'Check', 'Refresh', 'Sort', 'Answer', 'Compare', 'Collect', 'Deploy', 'Restart'])[1 + (c * 9.99)::int % 10]
      || ' ' ||
      (array['pull request', 'report', 'dependency', 'dashboard', 'tickets', 'question', 'vendors', 'release notes', 'service', 'worker',
             'invoice', 'contract'])[1 + (d * 11.99)::int % 12]
      || ' ' || (1 + (e * 99999)::int),
    case when f < 0.3 then null else 'Look at what has changed since the last time and say in a few sentences what is to be done'
      || case when f < 0.31 then ', with the quarterly figures' else '' end
      || case when f > 0.99998 then ', as for the zeppelin' else '' end || '.' end,
    status, priority,
    case when i % 200 = 0 and i / 200 <= 5000 then 'workflow-large' when d < 0.4 then 'workflow-' || i / 60 end,
    case when status <> 'pending' then 'agent-' || (1 + floor($3 * power(g, 3)))::int end,
    case when e < 0.6 then made + (e * 14 * 86400000)::bigint end,
    case when status = 'completed' then 100 else 0 end,
    case when status = 'completed' and f < 0.3 then jsonb_build_object('text', repeat('done ', 30)) end,
    1,
    made, case when status <> 'pending' then made + 60000 end,
    case when status in ('completed', 'failed', 'cancelled') then made + 60000 + (f * 600000)::bigint end,
    'key-1',
    jsonb_build_object('name', jsonb_build_array(made, 0), 'status', jsonb_build_array(made, 1), 'agent_id', jsonb_build_array(made, 1),
                       'priority', jsonb_build_array(made, 0), 'progress', jsonb_build_array(made, 1)),
    case when status = 'pending' then made else made + 60000 + (f * 600000)::bigint end
  from shaped`;
