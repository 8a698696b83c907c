/** Events by second, from how much the windows grew between two updates: what a ten-second window hides. */

/** Messages and heartbeats: all that agents send. */
export function eventsOf(window: { total_messages: number; total_heartbeats: number }): number {
  return window.total_messages + window.total_heartbeats;
}

export interface Beat {
  /** Start of the second, epoch milliseconds. */
  t: number;
  events: number;
  errors: number;
}

const SECOND = 1_000;

export class Pulse {
  readonly #keepSeconds: number;
  readonly #beats = new Map<number, Beat>();

  constructor(keepSeconds = 180) {
    this.#keepSeconds = keepSeconds;
  }

  /** Adds growth known at `at` (epoch milliseconds, the server's clock). Shrinking counts as nothing. */
  add(at: number, events: number, errors: number): void {
    const t = Math.floor(at / SECOND) * SECOND;
    const beat = this.#beats.get(t) ?? { t, events: 0, errors: 0 };
    beat.events += Math.max(0, events);
    beat.errors += Math.max(0, errors);
    this.#beats.set(t, beat);
    const oldest = t - this.#keepSeconds * SECOND;
    for (const key of this.#beats.keys()) if (key < oldest) this.#beats.delete(key);
  }

  /**
   * Fills the seconds before `until` from windows of `stepMs`, evenly: all that is known of the time before the
   * first live message. A window that is still open is spread over what has passed of it.
   */
  fill(
    windows: readonly { t: number; total_messages: number; total_heartbeats: number; total_errors: number }[],
    stepMs: number,
    until: number,
  ): void {
    for (const window of windows) {
      const end = Math.min(window.t + stepMs, until);
      const seconds = Math.max(1, Math.round((end - window.t) / SECOND));
      if (end < until - this.#keepSeconds * SECOND) continue;
      for (let index = 0; index < seconds; index += 1) {
        this.add(window.t + index * SECOND, eventsOf(window) / seconds, window.total_errors / seconds);
      }
    }
  }

  /** Events per second over the `seconds` whole seconds before `now`; null while nothing has been added. */
  rate(now: number, seconds = 5): number | null {
    if (this.#beats.size === 0) return null;
    return this.last(now, seconds).reduce((sum, beat) => sum + beat.events, 0) / seconds;
  }

  /** The `seconds` whole seconds before `now`, oldest first; seconds without growth are zero. */
  last(now: number, seconds: number): Beat[] {
    const end = Math.floor(now / SECOND) * SECOND;
    return Array.from({ length: seconds }, (_, index) => {
      const t = end - (seconds - index) * SECOND;
      return this.#beats.get(t) ?? { t, events: 0, errors: 0 };
    });
  }

  clear(): void {
    this.#beats.clear();
  }
}
