import { ask } from '../api/ask.ts';
import { api } from '../api/client.ts';
import { withLabel } from '@fleetbeat/contracts/scope-text.ts';
import { isScoped, scope } from '../scope/scope.svelte.ts';
import { PAGES } from '../shell/pages.ts';
import { best } from './find.ts';

/** Something to go to. */
export interface Found {
  readonly id: string;
  readonly label: string;
  /** What tells it from others of the same name. */
  readonly detail?: string | undefined;
  readonly href: string;
  /** What is done instead of going there. */
  readonly run?: () => void;
}

export interface FoundGroup {
  readonly name: string;
  readonly items: readonly Found[];
}

const AT_MOST = 5;
/** The server is asked when nothing was typed for this long, in milliseconds. */
const PAUSE = 120;

/** Looks for pages at once and asks the server for the rest. */
export class Search {
  text = $state('');
  loading = $state(false);
  /** Kinds of things that could not be searched. */
  failed = $state.raw<readonly string[]>([]);
  #remote = $state.raw<readonly FoundGroup[]>([]);
  #asked: AbortController | null = null;

  readonly groups = $derived.by((): FoundGroup[] => {
    const pages = best(PAGES, this.text, (page) => [page.label, page.words], this.text === '' ? PAGES.length : AT_MOST);
    const local = { name: 'Pages', items: pages.map(({ path, label }) => ({ id: path, label, href: path })) };
    return [local, ...this.#remote].filter(({ items }) => items.length > 0);
  });

  /** To be called when the text has changed; returns how to give up. */
  ask(): () => void {
    this.#asked?.abort();
    const text = this.text.trim();
    if (text === '') {
      this.#remote = [];
      this.loading = false;
      return () => {};
    }
    const asked = new AbortController();
    this.#asked = asked;
    this.loading = true;
    const soon = setTimeout(() => void this.#search(text, asked), PAUSE);
    return () => clearTimeout(soon);
  }

  async #search(q: string, asked: AbortController): Promise<void> {
    const { signal } = asked;
    const kinds: [name: string, read: Promise<Found[]>][] = [
      ['Agents', agents(q, signal)],
      ['Hosts', hosts(q, signal)],
      ['Tasks', tasks(q, signal)],
      ['Rules', rules(q, signal)],
      ['Incidents', incidents(q, signal)],
      ['Scope', labels(q, signal)],
    ];
    const answers = await Promise.allSettled(kinds.map(([, read]) => read));
    if (this.#asked !== asked) return;
    this.#remote = kinds.map(([name], index) => {
      const answer = answers[index];
      return { name, items: answer?.status === 'fulfilled' ? answer.value : [] };
    });
    this.failed = kinds.filter((_, index) => answers[index]?.status === 'rejected').map(([name]) => name);
    this.loading = false;
  }
}

async function agents(q: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await api.agents({ q, limit: AT_MOST }, signal);
  return items.map((one) => ({
    id: one.agent_id,
    label: one.name ?? one.agent_id,
    detail: one.status,
    href: `/agents/${encodeURIComponent(one.agent_id)}`,
  }));
}

async function hosts(q: string, signal: AbortSignal): Promise<Found[]> {
  // Hosts are few, and cannot be searched by the server.
  const { items } = await api.hosts({ limit: 500 }, signal);
  return best(items, q, (host) => [host.hostname ?? host.host_id, host.host_id], AT_MOST).map((one) => ({
    id: one.host_id,
    label: one.hostname ?? one.host_id,
    detail: one.status,
    href: `/hosts/${encodeURIComponent(one.host_id)}`,
  }));
}

async function tasks(q: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await api.tasks({ q, limit: AT_MOST, sort: 'updated_at' }, signal);
  return items.map((one) => ({
    id: one.task_id,
    label: one.name ?? one.task_id,
    detail: one.status.replace('_', ' '),
    href: `/tasks/${encodeURIComponent(one.task_id)}`,
  }));
}

async function rules(q: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await api.rules({ q, limit: AT_MOST }, signal);
  return items.map((one) => ({
    id: one.id,
    label: one.rule.name,
    detail: one.firing > 0 ? `${one.firing} firing` : undefined,
    href: `/rules/${encodeURIComponent(one.id)}`,
  }));
}

async function incidents(q: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await ask('get /incidents', { query: { q, limit: AT_MOST }, signal });
  return items.map((one) => ({
    id: String(one.id),
    label: one.title,
    detail: one.status,
    href: `/incidents/${one.id}`,
  }));
}

/** Labels by which the page that is shown can be narrowed down. */
async function labels(q: string, signal: AbortSignal): Promise<Found[]> {
  if (!isScoped(location.pathname)) return [];
  const { items } = await ask('get /labels', { signal });
  const all = items.flatMap(({ name, values }) => values.map((value) => ({ name, ...value })));
  return best(all, q, ({ name, value }) => [value, `${name} = ${value}`], AT_MOST).map(({ name, value, agents, hosts }) => ({
    id: `${name}:${value}`,
    label: `Only ${name} = ${value}`,
    detail: String(agents + hosts),
    href: '',
    run: () => scope.choose(withLabel(scope.labels, { name, value })),
  }));
}
