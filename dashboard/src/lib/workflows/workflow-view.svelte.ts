import type { Task } from '@fleetbeat/contracts/tasks.ts';
import type { Timeline, Workflow } from '@fleetbeat/contracts/workflows.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { workflowsApi } from './workflows-api.ts';

const REFRESH_EVERY = 30_000;
/** What happens to tasks comes in bursts: they are read again this long after the first of it, in milliseconds. */
const GATHER_MS = 500;

/** One workflow with its tasks and their attempts, live. */
export class WorkflowView {
  readonly resource: Resource<Timeline>;
  cancelling = $state(false);
  /** Why the workflow was not cancelled. */
  refusal = $state<string | null>(null);
  readonly #id: string;
  #news = $state.raw<Workflow | null>(null);
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(workflowId: string) {
    this.#id = workflowId;
    this.resource = new Resource((signal) => workflowsApi.timeline(workflowId, signal));
  }

  readonly workflow = $derived.by((): Workflow | null => {
    const read = this.resource.data?.workflow ?? null;
    return read !== null && this.#news !== null && this.#news.revision > read.revision ? this.#news : read;
  });

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('workflows'),
      connection.subscribe('tasks'),
      connection.on('workflow_update', (workflow) => {
        if (workflow.workflow_id !== this.#id || clock.paused) return;
        this.#news = workflow;
        this.#readSoon();
      }),
      connection.on('task_created', (task) => this.#hear(task)),
      connection.on('task_update', (task) => this.#hear(task)),
      connection.on('task_deleted', ({ task_id: id }) => {
        if (this.resource.data?.rows.some((row) => row.task_id === id)) this.#readSoon();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(this.#soon);
      this.#soon = undefined;
    };
  }

  /** Cancels it and whatever of its tasks has not ended; answers whether it is. Never rejects. */
  async cancel(): Promise<boolean> {
    this.cancelling = true;
    this.refusal = null;
    try {
      this.#news = await workflowsApi.cancel(this.#id);
    } catch (error) {
      this.refusal = error instanceof ApiProblem ? `${error.title}: ${error.message}` : String(error);
    }
    this.cancelling = false;
    void this.resource.load();
    return this.refusal === null;
  }

  #hear(task: Task): void {
    if (task.workflow_id === this.#id && !clock.paused) this.#readSoon();
  }

  #readSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.resource.load();
    }, GATHER_MS);
  }
}
