import { goto } from '$app/navigation';
import { page } from '$app/state';
import { parseScope, scopeText, scopeWords, type ScopeLabel } from '@fleetbeat/contracts/scope-text.ts';

/** What the pages show of the fleet: all of it, or what carries some labels. In the address, and remembered in this browser. */

const KEY = 'fleetbeat-scope';
const PARAMETER = 'scope';
/** How often figures of a scope are asked for again, in milliseconds: live messages are about the whole fleet. */
export const SCOPE_EVERY_MS = 10_000;

/** Pages that a scope narrows down. */
const SCOPED = new Set(['/', '/agents', '/hosts', '/alerts', '/incidents', '/tasks', '/models', '/explore']);
const DASHBOARDS = '/dashboards';

/** Whether the page at a path shows what is in scope alone. */
export function isScoped(pathname: string): boolean {
  return SCOPED.has(pathname) || pathname.startsWith(`${DASHBOARDS}/`);
}

class Scope {
  labels = $state.raw<readonly ScopeLabel[]>([]);
  /** Pages are made anew when it grows: what they have read is of another scope. */
  made = $state(0);

  /** The same text for the same scope; empty for everything. */
  readonly id = $derived(scopeText(this.labels));
  /** "environment = production, project = checkout" */
  readonly words = $derived(scopeWords(this.labels));
  /** As the API takes it. */
  readonly query = $derived({ label: this.labels.map(({ name, value }) => `${name}:${value}`) });

  /** Takes the scope of the address that the page was opened with, else what is remembered. */
  start(href: string): void {
    const named = new URL(href).searchParams.get(PARAMETER);
    this.labels = parseScope(named ?? remembered());
    if (named !== null) remember(this.id);
  }

  /** To be called after each navigation: an address that names a scope is followed, any other is given the present one. */
  follow(href: string): void {
    const named = new URL(href).searchParams.get(PARAMETER);
    if (named !== null) this.#set(parseScope(named));
    else if (this.labels.length > 0) void this.#show(href);
  }

  /** Shows what carries these labels on this page, and on every page from here on; none: everything. */
  choose(labels: readonly ScopeLabel[]): void {
    this.#set(labels);
    void this.#show(page.url.href);
  }

  remove(name: string): void {
    this.choose(this.labels.filter((label) => label.name !== name));
  }

  #set(labels: readonly ScopeLabel[]): void {
    const before = this.id;
    this.labels = labels;
    if (this.id === before) return;
    remember(this.id);
    // A dashboard that is being edited stays: its panels ask again by themselves.
    if (!location.pathname.startsWith(`${DASHBOARDS}/`)) this.made += 1;
  }

  #show(href: string): Promise<void> {
    const url = new URL(href);
    if (this.id === '') url.searchParams.delete(PARAMETER);
    else url.searchParams.set(PARAMETER, this.id);
    return goto(`${url.pathname}${url.search}${url.hash}`, { replace: true, reset: false });
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(id: string): void {
  try {
    if (id === '') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, id);
  } catch {
    // Storage may be forbidden: the address has it all the same.
  }
}

export const scope = new Scope();
