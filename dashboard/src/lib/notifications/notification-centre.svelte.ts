import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import { api } from '../api/client.ts';
import { Resource } from '../api/resource.svelte.ts';
import { session } from '../api/session.svelte.ts';
import { connection } from '../live/connection.svelte.ts';

const PAGE = 50;
const REFRESH_EVERY = 60_000;
/** How long a toast stays, in milliseconds, and how many stand at a time. */
const TOAST_FOR = 8_000;
const MOST_TOASTS = 3;

/** What was told of late, how much of it this person has not read, and what has only just come. */
class NotificationCentre {
  readonly resource = new Resource((signal) => api.notifications({ limit: PAGE }, signal));
  toasts = $state.raw<readonly Notification[]>([]);
  #came = $state.raw<readonly Notification[]>([]);
  #read = $state.raw<ReadonlySet<number>>(new Set());

  /** The newest first, each once. */
  readonly items = $derived.by((): Notification[] => {
    const known = new Map<number, Notification>();
    // What was asked for knows what was read.
    for (const one of [...this.#came, ...(this.resource.data?.items ?? [])]) known.set(one.id, one);
    return [...known.values()].sort((a, b) => b.id - a.id).slice(0, 2 * PAGE);
  });
  readonly unread = $derived(this.items.filter((one) => !this.isRead(one)).length);

  isRead(one: Notification): boolean {
    return one.read_at !== null || this.#read.has(one.id);
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('notifications'),
      connection.on('notification', (one) => this.#take(one)),
      connection.on('notifications_read', () => void this.resource.load()),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Marks everything shown as read, at once; undone where the server refuses, with its reason thrown. */
  async readAll(): Promise<void> {
    const [newest] = this.items;
    if (newest) await this.#mark(this.items, { up_to: newest.id });
  }

  async read(one: Notification): Promise<void> {
    // Whoever has gone to its page need not know: it is shown as not read again.
    await this.#mark([one], { ids: [one.id] }).catch(() => undefined);
  }

  async #mark(these: readonly Notification[], what: Parameters<typeof api.markRead>[0]): Promise<void> {
    const marked = new Set(these.flatMap((one) => (this.isRead(one) ? [] : [one.id])));
    if (marked.size === 0) return;
    this.#read = new Set([...this.#read, ...marked]);
    try {
      await api.markRead(what);
    } catch (error) {
      this.#read = new Set([...this.#read].filter((id) => !marked.has(id)));
      throw error;
    }
  }

  /** Reads again what there is to see, for whoever has just said so; what has come before is forgotten. */
  renew(): void {
    this.#came = [];
    void this.resource.load();
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((one) => one.id !== id);
  }

  #take(one: Notification): void {
    if (one.recipient !== null && one.recipient !== session.id) return;
    if (this.items.some(({ id }) => id === one.id)) return;
    this.#came = [one, ...this.#came].slice(0, PAGE);
    this.toasts = [one, ...this.toasts].slice(0, MOST_TOASTS);
    setTimeout(() => this.dismiss(one.id), TOAST_FOR);
  }
}

export const notificationCentre = new NotificationCentre();
