import type { Alert } from '@fleetbeat/contracts/alerts.ts';
import { api } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';

/** Open alerts and rules that are read at most, and resolved alerts a page. */
const MOST = 500;
const PAGE = 50;
/** Of what begins to be pending nobody is told: it is read this often, in milliseconds. */
const REFRESH_EVERY = 15_000;

/** Alerts, of one rule or of all: all that are open, and those that are over page by page. */
export class AlertList {
  readonly resource = new Resource((signal) => this.#read(signal));
  /** Why the last change was refused. */
  refused = $state.raw<ApiProblem | null>(null);
  #older = $state.raw<{ items: readonly Alert[]; next: string | null } | null>(null);
  readonly #ruleId: string | undefined;
  readonly #scoped: boolean;

  /** The firing before the pending before the resolved, each the newest first. */
  readonly alerts = $derived.by((): readonly Alert[] => {
    const data = this.resource.data;
    if (data === null) return [];
    const byState = (state: Alert['state']) => data.open.filter((one) => one.state === state);
    const known = new Set(data.resolved.map(({ id }) => id));
    const older = (this.#older?.items ?? []).filter(({ id }) => !known.has(id));
    return [...byState('firing'), ...byState('pending'), ...data.resolved, ...older];
  });
  readonly more = $derived(this.#older === null ? (this.resource.data?.next ?? null) : this.#older.next);

  /** `scoped`: of what is in scope alone. */
  constructor(ruleId?: string, { scoped = false } = {}) {
    this.#ruleId = ruleId;
    this.#scoped = scoped;
  }

  get #which() {
    return { rule_id: this.#ruleId, ...(this.#scoped ? scope.query : {}) };
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('notifications'),
      connection.on('notification', () => void this.resource.load()),
    ];
    return () => stops.forEach((stop) => stop());
  }

  acknowledge(alert: Alert): Promise<void> {
    return this.#try(async () => {
      await api.acknowledgeAlert(alert.id);
      await this.resource.load();
    });
  }

  loadMore(): Promise<void> {
    return this.#try(async () => {
      const page = await api.alerts({ ...this.#which, state: ['resolved'], limit: PAGE, cursor: this.more });
      this.#older = { items: [...(this.#older?.items ?? []), ...page.items], next: page.next_cursor };
    });
  }

  async #read(signal: AbortSignal) {
    const [open, resolved, rules] = await Promise.all([
      api.alerts({ ...this.#which, state: ['firing', 'pending'], limit: MOST }, signal),
      api.alerts({ ...this.#which, state: ['resolved'], limit: PAGE }, signal),
      api.rules({ limit: MOST }, signal),
    ]);
    return {
      open: open.items,
      resolved: resolved.items,
      next: resolved.next_cursor,
      rules: new Map(rules.items.map(({ id, rule }) => [id, rule])),
    };
  }

  async #try(change: () => Promise<void>): Promise<void> {
    this.refused = null;
    try {
      await change();
    } catch (error) {
      this.refused = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
    }
  }
}
