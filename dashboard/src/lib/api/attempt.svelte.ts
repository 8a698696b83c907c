import { mistakesOf, type Mistake } from './mistakes.ts';
import { ApiProblem } from './problem.ts';

/** A change that somebody asks for: whether it is under way, and why it was refused. One at a time. */
export class Attempt {
  busy = $state(false);
  /** Why the last one was refused. */
  problem = $state.raw<ApiProblem | null>(null);
  /** The same, by the places of what was sent. */
  readonly mistakes: readonly Mistake[] = $derived(this.problem === null ? [] : mistakesOf(this.problem));
  /** Because somebody else has changed it meanwhile. */
  readonly overtaken = $derived(this.problem?.status === 412);
  /** The same, as a sentence. */
  readonly refusal = $derived(this.problem?.sentence ?? null);

  /** Whether it was done; never rejects. */
  async run(change: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await change();
      return true;
    } catch (error) {
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      return false;
    } finally {
      this.busy = false;
    }
  }
}
