import type { Dashboard, DashboardInput, Panel } from '@fleetbeat/contracts/dashboards.ts';
import { dashboardsApi } from './dashboards-api.ts';
import { ApiProblem } from '../api/problem.ts';
import { inputOf } from './dashboard-file.ts';
import { freePlace, newPanelId, type Place } from './place-panel.ts';

/** A dashboard that is being changed: nothing of it is anybody else's until it is saved. */
export class DashboardDraft {
  content = $state.raw<DashboardInput>({ name: '', description: '', variables: [], panels: [] });
  saving = $state(false);
  /** Why the last saving was refused. */
  refused = $state.raw<ApiProblem | null>(null);
  readonly #id: string;
  #revision: number;
  #saved: string;

  constructor(dashboard: Dashboard) {
    this.content = inputOf(dashboard);
    this.#id = dashboard.id;
    this.#revision = dashboard.revision;
    this.#saved = JSON.stringify(this.content);
  }

  readonly changed = $derived.by(() => JSON.stringify(this.content) !== this.#saved);
  /** Somebody else has saved since this was begun. */
  readonly overtaken = $derived.by(() => this.refused?.status === 412);

  set(fields: Partial<DashboardInput>): void {
    this.content = { ...this.content, ...fields };
  }

  /** Puts a panel in place of the one of its id, or beside the others. */
  put(panel: Panel): void {
    const { panels } = this.content;
    const present = panels.some(({ id }) => id === panel.id);
    this.set({ panels: present ? panels.map((one) => (one.id === panel.id ? panel : one)) : [...panels, panel] });
  }

  /** Where a new panel of a size would stand, and under which id. */
  newPlace(w: number, h: number): Place & { id: string } {
    return { id: newPanelId(this.content.panels), ...freePlace(this.content.panels, w, h) };
  }

  copy(panel: Panel): void {
    this.put({ ...panel, ...this.newPlace(panel.w, panel.h) });
  }

  remove(id: string): void {
    this.set({ panels: this.content.panels.filter((panel) => panel.id !== id) });
  }

  /** Panels as they were dragged. */
  arrange(places: ReadonlyMap<string, Place>): void {
    const panels = this.content.panels.map((panel) => ({ ...panel, ...places.get(panel.id) }));
    if (JSON.stringify(panels) !== JSON.stringify(this.content.panels)) this.set({ panels });
  }

  /** Saves unless somebody else has since it was read; answers what is saved, null where it was refused. */
  save(): Promise<Dashboard | null> {
    return this.#try(() => dashboardsApi.replace(this.#id, this.content, this.#revision));
  }

  /** Saves over whatever somebody else has saved. */
  async saveOver(): Promise<Dashboard | null> {
    return this.#try(async () => {
      const { revision } = await dashboardsApi.read(this.#id);
      return dashboardsApi.replace(this.#id, this.content, revision);
    });
  }

  /** Saves as another dashboard. */
  saveCopy(): Promise<Dashboard | null> {
    return this.#try(() => dashboardsApi.create({ ...this.content, name: `${this.content.name} (copy)`.slice(0, 256) }));
  }

  async #try(save: () => Promise<Dashboard>): Promise<Dashboard | null> {
    this.saving = true;
    this.refused = null;
    try {
      return await save();
    } catch (error) {
      this.refused = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      return null;
    } finally {
      this.saving = false;
    }
  }
}
