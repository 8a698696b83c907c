import type { Workflow, WorkflowStatus } from '@fleetbeat/contracts/workflows.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { workflowsApi } from './workflows-api.ts';

const PAGE = 50;
const REFRESH_EVERY = 30_000;
/** News come in bursts: the list is read again this long after the first of a workflow that it does not hold, in milliseconds. */
const GATHER_MS = 1_000;

export interface WorkflowFilter {
  readonly status: WorkflowStatus | null;
  readonly text: string;
  readonly template: string;
}

/** Workflows that are meant, the newest first, live and page by page. */
export class WorkflowList {
  readonly resource = new Resource((signal) => workflowsApi.list(this.#query(null), signal));
  problem = $state.raw<ApiProblem | null>(null);
  readonly #filter: () => WorkflowFilter;
  #older = $state.raw<{ items: readonly Workflow[]; next: string | null } | null>(null);
  #news = $state.raw<ReadonlyMap<string, Workflow>>(new Map());
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(filter: () => WorkflowFilter) {
    this.#filter = filter;
  }

  readonly workflows = $derived.by((): Workflow[] => {
    const { status } = this.#filter();
    const read = [...(this.resource.data?.items ?? []), ...(this.#older?.items ?? [])];
    const seen = new Set<string>();
    return read
      .filter(({ workflow_id: id }) => !seen.has(id) && seen.add(id))
      .map((one) => {
        const news = this.#news.get(one.workflow_id);
        return news !== undefined && news.revision > one.revision ? news : one;
      })
      .filter((one) => status === null || one.status === status);
  });
  readonly more = $derived(this.#older === null ? (this.resource.data?.next_cursor ?? null) : this.#older.next);

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('workflows'),
      connection.on('workflow_update', (workflow) => this.#hear(workflow)),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(this.#soon);
      this.#soon = undefined;
    };
  }

  /** To be called when the filter has changed. */
  reload(): void {
    this.#older = null;
    this.problem = null;
    void this.resource.load();
  }

  async loadMore(): Promise<void> {
    try {
      const page = await workflowsApi.list(this.#query(this.more));
      this.#older = { items: [...(this.#older?.items ?? []), ...page.items], next: page.next_cursor };
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
    }
  }

  #query(cursor: string | null) {
    const { status, text, template } = this.#filter();
    return {
      status: status ?? undefined,
      q: text.trim() || undefined,
      template_id: template || undefined,
      cursor,
      limit: PAGE,
    };
  }

  #hear(workflow: Workflow): void {
    if (clock.paused) return;
    const isShown = this.workflows.some((one) => one.workflow_id === workflow.workflow_id);
    if (isShown) this.#news = new Map([...this.#news, [workflow.workflow_id, workflow]]);
    if (isShown || this.#soon !== undefined) return;
    // Whether one that is new is meant is for the server to say.
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      void this.resource.load();
    }, GATHER_MS);
  }
}
