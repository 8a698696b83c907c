import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { api } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';
import { COLUMNS, inColumns, isMeant, withNews, type TaskFilter } from './board-columns.ts';
import { refusalOf } from './refusal.ts';

/** Tasks of each status that the board holds; older ones are found by the search. */
export const PER_COLUMN = 100;
const REFRESH_EVERY = 30_000;

interface Loaded {
  tasks: Task[];
  /** Statuses of which the server has more. */
  more: ReadonlySet<TaskStatus>;
}

/** The tasks that are meant, live, and moved at once: a move that the server refuses is taken back with its reason. */
export class TaskBoard {
  readonly resource: Resource<Loaded>;
  /** Why the last move was taken back. */
  refusal = $state<string | null>(null);
  readonly #filter: () => TaskFilter;
  readonly #news = new Map<string, Task | null>();
  readonly #moving = new Map<string, TaskStatus>();
  #version = $state(0);
  #frame = 0;

  constructor(filter: () => TaskFilter) {
    this.#filter = filter;
    this.resource = new Resource((signal) => this.#read(signal));
  }

  readonly tasks = $derived.by((): Task[] => {
    void this.#version;
    void clock.paused;
    const filter = this.#filter();
    return withNews(this.resource.data?.tasks ?? [], this.#news)
      .filter((task) => isMeant(task, filter))
      .map((task) => ({ ...task, status: this.#moving.get(task.task_id) ?? task.status }));
  });
  readonly columns = $derived(inColumns(this.tasks));

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('tasks'),
      connection.on('task_created', (task) => this.#hear(task)),
      connection.on('task_update', (task) => this.#hear(task)),
      connection.on('task_deleted', ({ task_id: id }) => {
        this.#news.set(id, null);
        this.#show();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  /** Shows what this page itself has just stored. */
  put(task: Task): void {
    this.#keep(task);
    this.#version += 1;
  }

  /** Moves a task before the server has agreed to it. Never rejects. */
  async move(seen: Task, status: TaskStatus): Promise<void> {
    const id = seen.task_id;
    if (this.#moving.has(id) || seen.status === status) return;
    // News since that leave the status, progress say, are no reason to refuse.
    const newest = this.tasks.find((one) => one.task_id === id);
    const task = newest?.status === seen.status ? newest : seen;
    this.refusal = null;
    this.#moving.set(id, status);
    this.#version += 1;
    try {
      this.#keep(await api.changeTask(id, { status }, task.revision));
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      this.refusal = refusalOf(task, problem);
      // Somebody else was first: their state is needed before the next try.
      if (problem.status >= 400 && problem.status < 500) void this.resource.load();
    }
    this.#moving.delete(id);
    this.#version += 1;
  }

  #hear(task: Task): void {
    this.resource.hear((data) => {
      // Whose agent has which labels the server knows: a task that is new to the board comes with the next reading.
      if (scope.id === '' || data?.tasks.some(({ task_id: id }) => id === task.task_id)) {
        this.#keep(task);
        this.#show();
      }
      return data;
    });
  }

  #keep(task: Task): void {
    const known = this.#news.get(task.task_id);
    // An id is not used again: what comes after the deletion is late.
    if (known === null || (known && known.revision >= task.revision)) return;
    this.#news.set(task.task_id, task);
  }

  #show(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!clock.paused) this.#version += 1;
    });
  }

  async #read(signal: AbortSignal): Promise<Loaded> {
    const { text, agent } = this.#filter();
    const before = [...this.#news];
    const query = {
      q: text.trim() || undefined,
      agent_id: agent || undefined,
      sort: 'updated_at' as const,
      limit: PER_COLUMN,
      ...scope.query,
    };
    const pages = await Promise.all(
      COLUMNS.map(async (status) => ({ status, page: await api.tasks({ ...query, status: [status] }, signal) })),
    );
    // What was heard before asking is part of the answer.
    for (const [id, task] of before) if (this.#news.get(id) === task) this.#news.delete(id);
    const more = pages.filter(({ page }) => page.next_cursor !== null).map(({ status }) => status);
    return { tasks: pages.flatMap(({ page }) => page.items), more: new Set(more) };
  }
}
