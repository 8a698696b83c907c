import { PerFrame } from '#lib/live/per-frame.svelte.ts';
import { WindowStore } from '#lib/live/window-store.ts';
import { POINTS, samplesBefore, STEP_MS, type Sample } from './wall.ts';

/** One chart's points as the product keeps them: a bounded store, shown once per animation frame. */
export class LiveSamples {
  readonly chart: number;
  readonly #store = new WindowStore<Sample>(STEP_MS, POINTS);
  readonly #changes = new PerFrame();

  constructor(chart: number, now: number) {
    this.chart = chart;
    this.#store.put(samplesBefore(now, chart), now);
  }

  readonly points = $derived.by((): readonly Sample[] => {
    this.#changes.seen();
    return this.#store.all();
  });

  take(sample: Sample): void {
    this.#store.put([sample], sample.t);
    this.#changes.tellSoon();
  }

  stop(): void {
    this.#changes.stop();
  }
}
