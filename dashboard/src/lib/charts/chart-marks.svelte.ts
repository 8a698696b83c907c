import type { ChartMark } from '@fleetbeat/contracts/annotations.ts';
import { ask } from '../api/ask.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { isScoped, scope } from '../scope/scope.svelte.ts';
import { spanOf, type Range } from '../time-range/range.ts';
import { whenIdle } from '../ui/when-idle.ts';

const EVERY = 30_000;
const KEY = 'fleetbeat-marks';

/** What the charts of the page mark: annotations and incidents of the range. Read once for all of them, while there is one. */
class ChartMarks {
  /** Remembered in this browser. */
  shown = $state(remembered());
  readonly #resource = new Resource((signal) => this.#read(signal));
  #range: Range | null = null;
  #charts = 0;
  #stop: () => void = () => {};

  /** None where they are put away, or cannot be read: charts go without. */
  readonly items: readonly ChartMark[] = $derived(this.#resource.data?.items ?? []);

  /** To be called by each chart that is there; returns how to leave. */
  attend(range: Range): () => void {
    const asked = this.#range?.id;
    this.#range = range;
    this.#charts += 1;
    if (this.#charts === 1) this.#start();
    else if (asked !== range.id) void this.#resource.load();
    return () => {
      this.#charts -= 1;
      if (this.#charts === 0) this.#stop();
    };
  }

  /** Reads again, after something was marked here. */
  reload(): void {
    void this.#resource.load();
  }

  toggle(): void {
    this.shown = !this.shown;
    try {
      localStorage.setItem(KEY, this.shown ? 'shown' : 'away');
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
  }

  #start(): void {
    // The charts themselves go first.
    let stopReading = whenIdle(() => (stopReading = this.#resource.poll(EVERY)));
    const stops = [
      () => stopReading(),
      connection.subscribe('notifications'),
      connection.on('incident', () => void this.#resource.load()),
    ];
    this.#stop = () => stops.forEach((stop) => stop());
  }

  async #read(signal: AbortSignal): Promise<{ items: ChartMark[] }> {
    if (this.#range === null) return { items: [] };
    const { from, to } = spanOf(this.#range, clock.serverNow());
    const labels = isScoped(location.pathname) ? scope.query : {};
    return ask('get /chart-marks', { query: { from: Math.floor(from), to: Math.ceil(to), ...labels }, signal });
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'away';
  } catch {
    return true;
  }
}

export const chartMarks = new ChartMarks();
