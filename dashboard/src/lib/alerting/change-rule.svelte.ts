import type { StoredRule } from '@fleetbeat/contracts/rules.ts';
import { api } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';

/** Changes of one rule, each only if nobody else has changed it since it was read. */
export class RuleChange {
  /** What the switch shows while the server has not answered; null where the rule itself tells. */
  enabled = $state<boolean | null>(null);
  busy = $state(false);
  /** Why the last change was refused. */
  refused = $state.raw<ApiProblem | null>(null);
  readonly #reload: () => Promise<void>;

  /** `reload` reads what was changed. */
  constructor(reload: () => Promise<void>) {
    this.#reload = reload;
  }

  /** Switches at once, and back where the server refuses. */
  async switchTo(rule: StoredRule, enabled: boolean): Promise<void> {
    this.enabled = enabled;
    await this.patch(rule, { enabled });
    this.enabled = null;
  }

  /** Answers whether it was done. */
  patch({ id, version }: StoredRule, patch: Record<string, unknown>): Promise<boolean> {
    return this.#try(async () => {
      await api.changeRule(id, patch, version);
      await this.#reload();
    });
  }

  /** Answers whether it was done. */
  remove({ id, version }: StoredRule): Promise<boolean> {
    return this.#try(() => api.deleteRule(id, version));
  }

  async #try(change: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.refused = null;
    try {
      await change();
      return true;
    } catch (error) {
      this.refused = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      // Somebody else was faster: what it is now can be changed.
      if (this.refused.status === 412) await this.#reload();
      return false;
    } finally {
      this.busy = false;
    }
  }
}
