import type { List } from '@fleetbeat/contracts/api.ts';
import type { Comment } from '@fleetbeat/contracts/comments.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { session } from '../api/session.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { commentsApi, type Subject } from './comments-api.ts';

const PAGE = 100;
const REFRESH_EVERY = 60_000;

/** What is said about one thing, live. What one says oneself stands there at once, and is taken back where it is refused. */
export class CommentThread {
  readonly resource: Resource<List<Comment>>;
  /** Why the last change was taken back. */
  refused = $state.raw<ApiProblem | null>(null);
  readonly #subject: Subject;
  #older = $state.raw<List<Comment> | null>(null);
  #news = $state.raw<ReadonlyMap<number, Comment | null>>(new Map());
  #saying = $state.raw<readonly Comment[]>([]);
  #nextSaying = -1;

  /** In the order in which it was said; what the server does not know yet has an id below zero. */
  readonly comments = $derived.by((): readonly Comment[] => {
    const known = new Map([...(this.#older?.items ?? []), ...(this.resource.data?.items ?? [])].map((one) => [one.id, one]));
    for (const [id, one] of this.#news) {
      if (one === null) known.delete(id);
      else if (one.revision >= (known.get(id)?.revision ?? 0)) known.set(id, one);
    }
    return [...[...known.values()].sort((a, b) => a.id - b.id), ...this.#saying];
  });
  readonly more = $derived.by(() => (this.#older ?? this.resource.data)?.next_cursor ?? null);

  constructor(subject: Subject) {
    this.#subject = subject;
    this.resource = new Resource((signal) => commentsApi.list(subject, { limit: PAGE }, signal));
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('notifications'),
      connection.on('comment_added', (one) => this.#hear(one, one)),
      connection.on('comment_updated', (one) => this.#hear(one, one)),
      connection.on('comment_deleted', (one) => this.#hear(one, null)),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Answers whether it was taken. */
  async add(text: string): Promise<boolean> {
    const said: Comment = {
      ...this.#subject,
      id: this.#nextSaying--,
      author_type: 'human',
      author_id: session.id ?? '',
      author_name: session.name ?? 'You',
      text,
      mentions: [],
      created_at: Date.now(),
      edited_at: null,
      revision: 0,
    };
    this.#saying = [...this.#saying, said];
    const done = await this.#try(async () => this.#put(await commentsApi.add(this.#subject, text)));
    this.#saying = this.#saying.filter(({ id }) => id !== said.id);
    return done;
  }

  async edit(before: Comment, text: string): Promise<boolean> {
    this.#put({ ...before, text, mentions: [] });
    const done = await this.#try(async () => this.#put(await commentsApi.edit(before.id, text, before.revision)));
    if (!done) this.#put(before);
    return done;
  }

  async remove(before: Comment): Promise<void> {
    this.#news = new Map(this.#news).set(before.id, null);
    if (!(await this.#try(() => commentsApi.remove(before.id)))) this.#put(before);
  }

  async loadMore(): Promise<void> {
    await this.#try(async () => {
      const page = await commentsApi.list(this.#subject, { limit: PAGE, cursor: this.more });
      this.#older = { ...page, items: [...(this.#older?.items ?? []), ...page.items] };
    });
  }

  #hear(about: Subject & { id: number }, news: Comment | null): void {
    const { entity_type, entity_id } = this.#subject;
    if (about.entity_type !== entity_type || about.entity_id !== entity_id) return;
    this.#news = new Map(this.#news).set(about.id, news);
  }

  #put(one: Comment): void {
    this.#news = new Map(this.#news).set(one.id, one);
  }

  async #try(change: () => Promise<void>): Promise<boolean> {
    this.refused = null;
    try {
      await change();
      return true;
    } catch (error) {
      this.refused = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      return false;
    }
  }
}
