import type { Comment, Commented, NewComment } from '@fleetbeat/contracts/comments.ts';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { readIncidents } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { recordNotification } from '@fleetbeat/infra/notifications/record-notification.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { findMentions, mentionPlaces, type Mentionable } from './mentions.ts';
import { COMMENTS } from './read-model.ts';

/** Comments on one thing at most. */
const MAX_COMMENTS = 5_000;
/** Of what was said, told to whoever is mentioned, in characters. */
const TOLD = 500;
const FIELDS = ['entity_type', 'entity_id', 'text'] as const;

export interface Author {
  readonly type: Comment['author_type'];
  readonly id: string;
  readonly name: string;
}

/** What is said about a thing, in the transaction that writes it. */
interface Said {
  readonly comment: Comment;
  readonly news: LiveRecord[];
}

/** Writes comments, each together with its entry in the audit log and what follows from it. Throws problems. */
export function createCommentChanges({ change, announce, now }: { change: Change; announce: Announce; now: () => number }) {
  /** What is not there is the problem `unknown-…`: 404 where the path names it, else 422. */
  async function add(
    asker: Asker,
    author: Author,
    said: NewComment,
    request: IdempotentRequest | null,
    missing: 404 | 422 = 422,
  ): Promise<Comment> {
    let news: LiveRecord[] = [];
    const { answer } = await change('comments.add', (transaction) =>
      once(transaction, request, async () => {
        if (author.type === 'agent') await needAgent(transaction, author.id);
        const title = await lockCommented(transaction, said.entity_type, said.entity_id, missing);
        await needRoom(transaction, said);
        const mentions = await mentionsOf(transaction, said.text);
        const { rows } = await transaction.query<{ id: number }>(
          `insert into comments (entity_type, entity_id, author_type, author_id, author_name, text, mentions, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
          [said.entity_type, said.entity_id, author.type, author.id, author.name, said.text, JSON.stringify(mentions), now()],
        );
        const comment = await read(transaction, rows[0]?.id ?? 0);
        await record(transaction, asker, 'created', null, comment);
        news = [
          { type: 'comment_added', data: comment },
          ...(await markTimeline(transaction, asker, comment)),
          ...(await tellMentioned(transaction, comment, title)),
        ];
        return comment;
      }),
    );
    announce(news);
    return answer;
  }

  async function edit(
    asker: Asker,
    author: Author,
    id: number,
    text: string,
    precondition: Precondition | null,
  ): Promise<Comment> {
    const { comment, news } = await change('comments.edit', async (transaction): Promise<Said> => {
      const before = await lock(transaction, id);
      precondition?.(before.revision);
      if (!isOf(before, author)) throw notYours();
      if (before.text === text) return { comment: before, news: [] };
      const title = await lockCommented(transaction, before.entity_type, before.entity_id);
      const mentions = await mentionsOf(transaction, text);
      await transaction.query(
        'update comments set text = $2, mentions = $3, edited_at = $4, revision = revision + 1 where id = $1',
        [id, text, JSON.stringify(mentions), now()],
      );
      const after = await read(transaction, id);
      await record(transaction, asker, 'updated', before, after);
      const told = await tellMentioned(transaction, after, title);
      return { comment: after, news: [{ type: 'comment_updated', data: after }, ...told] };
    });
    announce(news);
    return comment;
  }

  /** `moderates`: may delete what others have said. */
  async function remove(
    asker: Asker,
    author: Author & { readonly moderates: boolean },
    id: number,
    precondition: Precondition | null,
  ): Promise<void> {
    const { entity_type, entity_id } = await change('comments.delete', async (transaction) => {
      const before = await lock(transaction, id);
      precondition?.(before.revision);
      if (!isOf(before, author) && !author.moderates) throw notYours();
      await transaction.query('delete from comments where id = $1', [id]);
      await record(transaction, asker, 'deleted', before, null);
      return before;
    });
    announce([{ type: 'comment_deleted', data: { id, entity_type, entity_id } }]);
  }

  /** An incident's timeline shows where something was said. */
  async function markTimeline(transaction: Transaction, { actor }: Asker, comment: Comment): Promise<LiveRecord[]> {
    if (comment.entity_type !== 'incident') return [];
    const incidentId = Number(comment.entity_id);
    await transaction.query(
      `insert into incident_timeline (incident_id, at, kind, actor, text, comment_id) values ($1, $2, 'commented', $3, '', $4)`,
      [incidentId, comment.created_at, comment.author_type === 'agent' ? comment.author_id : actor.id, comment.id],
    );
    await transaction.query('update incidents set revision = revision + 1, updated_at = $2 where id = $1', [incidentId, now()]);
    return (await readIncidents(transaction, [incidentId])).map((data) => ({ type: 'incident', data }));
  }

  /** Whoever is mentioned hears of it once, however often the comment is edited. */
  async function tellMentioned(transaction: Transaction, comment: Comment, title: string): Promise<LiveRecord[]> {
    const news: LiveRecord[] = [];
    for (const { user_id: recipient } of comment.mentions) {
      if (recipient === comment.author_id) continue;
      const data = await recordNotification(transaction, {
        kind: 'mentioned',
        subject: { type: comment.entity_type, id: comment.entity_id },
        recipient,
        title: `${comment.author_name} mentions you: ${title}`,
        body: [...comment.text].slice(0, TOLD).join(''),
        at: now(),
        dedupKey: `mentioned:${comment.id}:${recipient}`,
      });
      if (data !== null) news.push({ type: 'notification', data });
    }
    return news;
  }

  return { add, edit, remove };
}
export type CommentChanges = ReturnType<typeof createCommentChanges>;

export function unknownComment(): HttpProblem {
  return new HttpProblem(404, 'unknown-comment', 'there is no comment of this id');
}

function notYours(): HttpProblem {
  return new HttpProblem(403, 'not-yours', 'only whoever wrote a comment changes it');
}

function isOf(comment: Comment, author: Author): boolean {
  return comment.author_type === author.type && comment.author_id === author.id;
}

/** What things are called; those that are locked change with what is said about them. */
const CALLED: Readonly<Record<Commented, string>> = {
  task: 'select coalesce(name, task_id) as title from tasks where task_id = $1 and deleted_at is null',
  suggestion: 'select action as title from suggestions where id = $1',
  incident: 'select title from incidents where id = $1 for update',
};

/** What a thing is called. Throws the problem `unknown-task`, `unknown-suggestion` or `unknown-incident`. */
async function lockCommented(transaction: Transaction, type: Commented, id: string, missing: 404 | 422 = 422): Promise<string> {
  const possible = type !== 'incident' || /^[1-9]\d{0,14}$/.test(id);
  const { rows } = possible ? await transaction.query<{ title: string }>(CALLED[type], [id]) : { rows: [] };
  const [row] = rows;
  if (row === undefined) throw new HttpProblem(missing, `unknown-${type}`, `there is no ${type} of this id`);
  return row.title;
}

async function needAgent(transaction: Transaction, agentId: string): Promise<void> {
  const { rowCount } = await transaction.query('select from agents where agent_id = $1', [agentId]);
  if (rowCount === 0) throw new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
}

async function needRoom(transaction: Transaction, { entity_type, entity_id }: NewComment): Promise<void> {
  const { rows } = await transaction.query<{ comments: number }>(
    'select count(*) as comments from comments where entity_type = $1 and entity_id = $2',
    [entity_type, entity_id],
  );
  if ((rows[0]?.comments ?? 0) >= MAX_COMMENTS) {
    throw new HttpProblem(409, 'too-many-comments', `there are ${MAX_COMMENTS} comments already`);
  }
}

async function mentionsOf(transaction: Transaction, text: string): Promise<Comment['mentions']> {
  const places = mentionPlaces(text);
  if (places.length === 0) return [];
  const { rows } = await transaction.query<Mentionable>(
    `select id, name, email from users u where disabled_at is null and exists (
       select from unnest($1::text[]) as place where starts_with(place, lower(u.name)) or starts_with(place, lower(u.email)))
     order by id limit 100`,
    [places],
  );
  return findMentions(text, rows);
}

async function lock(transaction: Transaction, id: number): Promise<Comment> {
  const { rows } = await transaction.query<Comment>(`${COMMENTS} where c.id = $1 for update of c`, [id]);
  const [row] = rows;
  if (row === undefined) throw unknownComment();
  return row;
}

async function read(transaction: Transaction, id: number): Promise<Comment> {
  const { rows } = await transaction.query<Comment>(`${COMMENTS} where c.id = $1`, [id]);
  const [row] = rows;
  if (row === undefined) throw new Error(`comment ${id} was not written`);
  return row;
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: 'created' | 'updated' | 'deleted',
  before: Comment | null,
  after: Comment | null,
): Promise<void> {
  const entityId = String((after ?? before)?.id);
  const changes = changesBetween(before, after, FIELDS);
  await recordChange(transaction, { entityType: 'comment', entityId, action, actor, changes, requestId });
}
