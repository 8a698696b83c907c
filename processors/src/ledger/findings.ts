import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { judge, type Comparison, type OpenFinding, type Verdict } from './differences.ts';

/** Open findings that one round looks at again, those first that were looked at least recently. */
const LOOKED_AT_AGAIN = 50;
/** After a catastrophe no more than this many are open at a time: whom these do not wake, no further one will. */
const MOST_OPEN = 10_000;
const KEEP_RESOLVED = '30 days';

const COLUMNS = `id, source, kind, hour, seq, agent_id as "agentId", expected, found,
  (extract(epoch from first_seen) * 1000)::bigint as "firstSeen"`;

export async function findingsToLookAt(transaction: Transaction): Promise<OpenFinding[]> {
  const { rows } = await transaction.query<OpenFinding>(
    `select ${COLUMNS} from ledger_findings where resolved_at is null order by last_seen, id limit $1`,
    [LOOKED_AT_AGAIN],
  );
  return rows;
}

/** Writes down what was compared: new findings, those seen again, those that are resolved. */
export async function record(transaction: Transaction, compared: readonly Comparison[]): Promise<Verdict> {
  const { rows: open } = await transaction.query<OpenFinding>(`select ${COLUMNS} from ledger_findings where resolved_at is null`);
  const verdict = judge(open, compared);
  const opened = verdict.opened.slice(0, Math.max(0, MOST_OPEN - open.length));
  if (opened.length > 0) {
    await transaction.query(
      `insert into ledger_findings (source, kind, hour, seq, agent_id, expected, found)
       select * from unnest($1::smallint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])`,
      [
        opened.map((each) => each.source),
        opened.map((each) => each.kind),
        opened.map((each) => each.hour),
        opened.map((each) => each.seq),
        opened.map((each) => each.agentId),
        opened.map((each) => each.expected),
        opened.map((each) => each.found),
      ],
    );
  }
  if (verdict.seenAgain.length > 0) {
    await transaction.query(
      `update ledger_findings f set expected = now.expected, found = now.found
       from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as now (id, expected, found) where f.id = now.id`,
      [
        verdict.seenAgain.map(({ id }) => id),
        verdict.seenAgain.map(({ expected }) => expected),
        verdict.seenAgain.map(({ found }) => found),
      ],
    );
  }
  await resolve(transaction, verdict.resolved, 'equal');
  return { ...verdict, opened };
}

export async function resolve(
  transaction: Transaction,
  findings: readonly Pick<OpenFinding, 'id'>[],
  resolution: 'equal' | 'outlived',
): Promise<void> {
  if (findings.length === 0) return;
  await transaction.query(
    `update ledger_findings set resolved_at = clock_timestamp(), resolution = $2 where id = any($1) and resolved_at is null`,
    [findings.map(({ id }) => id), resolution],
  );
}

/** Notes which findings were looked at, and drops those that were resolved long ago. */
export async function turnOver(transaction: Transaction, lookedAt: readonly OpenFinding[]): Promise<void> {
  await transaction.query('update ledger_findings set last_seen = clock_timestamp() where id = any($1) and resolved_at is null', [
    lookedAt.map(({ id }) => id),
  ]);
  await transaction.query(`delete from ledger_findings where resolved_at < now() - interval '${KEEP_RESOLVED}'`);
}
