import type { Measures, Metrics, SeriesPoint } from '@fleetbeat/contracts/api.ts';
import type { VisualizationUpdate } from '@fleetbeat/contracts/live.ts';
import { untrack } from 'svelte';
import { ApiProblem } from '../api/problem.ts';
import type { Window } from '../api/client.ts';
import { domainOf, spanOf, type Range } from '../time-range/range.ts';
import { clock } from './clock.svelte.ts';
import { connection } from './connection.svelte.ts';
import { coarsen, mergeMeasures } from './measures.ts';
import { PerFrame } from './per-frame.svelte.ts';
import { eventsOf, Pulse, type Beat } from './pulse.ts';
import { WindowStore } from './window-store.ts';

const FINE_STEP = 10_000;
/** What is always held in fine windows, so that coarser ones can be completed live, in milliseconds. */
const FINE_LENGTH = 15 * 60_000;
/** How often quantiles and totals are read again over REST, in milliseconds. */
const REFRESH_EVERY = 20_000;
/** Live data older than this is called behind, in milliseconds. */
const BEHIND_AFTER = 15_000;

type ReadMetrics = (window: Window, signal?: AbortSignal) => Promise<Metrics>;

/**
 * The live series of the fleet or of one agent over the chosen range: read once over REST, then carried on by
 * live windows. Messages go into the bounded stores at once; the page hears of them once per animation frame.
 */
export class SeriesView {
  /** Totals of the range as the server merged them: quantiles and distinct users are exact. */
  totals = $state.raw<Measures | null>(null);
  /** Totals of the equally long stretch before. */
  before = $state.raw<Measures | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  loading = $state(true);
  /** When the data was last known to be right, on the server's clock. */
  freshAt = $state<number | null>(null);
  /** Set once live messages come: events appended before this time are shown. */
  through = $state<number | null>(null);

  readonly view: 'fleet' | 'agent';
  readonly key: string;
  readonly #read: ReadMetrics;
  readonly #range: () => Range;
  readonly #changes = new PerFrame(() => this.#show());
  #fine = new WindowStore<SeriesPoint>(FINE_STEP, 1);
  #coarse: WindowStore<SeriesPoint> | null = null;
  #fineFrom = Number.POSITIVE_INFINITY;
  /** As `through`, but of the newest message, shown or not. */
  #heardThrough: number | null = null;
  readonly #pulse = new Pulse();
  #reading: AbortController | null = null;
  #rangeLoaded: string | null = null;

  constructor(view: 'fleet' | 'agent', key: string, read: ReadMetrics, range: () => Range) {
    this.view = view;
    this.key = key;
    this.#read = read;
    this.#range = range;
  }

  /** Window length of `points`, in milliseconds. */
  readonly stepMs = $derived.by(() => this.#range().stepMs);
  /** What charts show: [from, to) in epoch milliseconds, sliding with the clock. */
  readonly domain = $derived.by((): [number, number] => domainOf(this.#range(), clock.now));
  /** The range ends now, and moves along. */
  readonly live = $derived.by(() => this.#range().end === null);

  /** Up to when `points` are known, epoch milliseconds. */
  readonly knownTo = $derived.by((): number => {
    this.#changes.seen();
    return this.live ? (this.through ?? this.freshAt ?? this.domain[1]) : this.domain[1];
  });

  /** The windows of the range, oldest first. */
  readonly points = $derived.by((): SeriesPoint[] => {
    this.#changes.seen();
    // A few windows that live messages brought before the first reading are not the series.
    if (this.totals === null) return [];
    const [from, to] = this.domain;
    const coarse = this.#coarse;
    if (!coarse) return this.#fine.between(from, to);
    const live = coarsen(this.#fine.all(), coarse.stepMs, this.#fineFrom, (t) => coarse.get(t));
    const firstLive = live[0]?.t ?? Number.POSITIVE_INFINITY;
    return [...coarse.between(from, to).filter((point) => point.t < firstLive), ...live];
  });

  /** Counts of the range up to this moment; quantiles, means and users as of the last reading. */
  readonly figures = $derived.by((): Measures | null => {
    if (this.totals === null) return null;
    const live = mergeMeasures(this.points);
    return {
      ...live,
      average_response_time: this.totals.average_response_time ?? live.average_response_time,
      response_time_min: this.totals.response_time_min ?? live.response_time_min,
      response_time_max: this.totals.response_time_max ?? live.response_time_max,
      response_time_p50: this.totals.response_time_p50 ?? live.response_time_p50,
      response_time_p95: this.totals.response_time_p95 ?? live.response_time_p95,
      response_time_p99: this.totals.response_time_p99 ?? live.response_time_p99,
      average_feedback_score: this.totals.average_feedback_score ?? live.average_feedback_score,
      unique_users: this.totals.unique_users,
    };
  });

  /** Events per second of the last five seconds, from live messages; what came before them is spread evenly over its windows. */
  readonly rate = $derived.by((): number | null => {
    this.#changes.seen();
    return this.#pulse.rate(clock.now);
  });

  /** The last `seconds` seconds, for the trace beside the live figure. */
  beats(seconds: number): Beat[] {
    this.#changes.seen();
    return this.#pulse.last(clock.now, seconds);
  }

  /** Nothing has ever been seen in the range. */
  readonly empty = $derived.by(
    () => this.totals !== null && this.totals.total_messages + this.totals.total_heartbeats === 0 && this.points.length === 0,
  );

  /** Reads the range and goes live; returns how to stop. To be called again when the range changes. */
  start(): () => void {
    const stops = [
      connection.subscribe('metrics', this.view === 'agent' ? this.key : undefined),
      connection.on('visualization_update', (update, late) => this.#apply(update, late)),
      connection.onResync(() => this.reload()),
    ];
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !clock.paused) void this.reload();
    }, REFRESH_EVERY);
    const watch = setInterval(() => this.#checkFreshness(), 1_000);
    const whenShown = () => {
      if (document.visibilityState === 'visible') void this.reload();
    };
    document.addEventListener('visibilitychange', whenShown);
    return () => {
      clearInterval(timer);
      clearInterval(watch);
      document.removeEventListener('visibilitychange', whenShown);
      for (const stop of stops) stop();
      this.#changes.stop();
      this.#reading?.abort();
      connection.setBehind(this.#name, null);
    };
  }

  /** Reads everything again over REST. Never rejects. */
  reload(): Promise<void> {
    // An effect that asks for reading must not run again because of what reading changes.
    return untrack(() => this.#reload());
  }

  async #reload(): Promise<void> {
    const range = this.#range();
    if (this.#rangeLoaded !== range.id) this.#prepare(range);
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    this.loading = true;
    const stamp = Date.now();
    const now = clock.serverNow();
    const { from, to } = spanOf(range, now);
    try {
      const coarse = this.#coarse;
      const [whole, fine, before] = await Promise.all([
        this.#read({ from, to, stepMs: range.stepMs }, reading.signal),
        coarse && this.live ? this.#read({ from: to - FINE_LENGTH, to, stepMs: FINE_STEP }, reading.signal) : null,
        this.before === null ? this.#read({ from: from - range.lengthMs, to: from, stepMs: range.stepMs }, reading.signal) : null,
      ]);
      if (this.#reading !== reading) return;
      if (coarse) coarse.put(whole.series, stamp);
      const finest = fine ?? whole;
      if (this.live) {
        this.#fine.put(finest.series, stamp);
        // The first coarse window that fine ones cover from its start.
        this.#fineFrom = Math.ceil(finest.from / range.stepMs) * range.stepMs;
        if (this.totals === null) this.#pulse.fill(finest.series, FINE_STEP, to);
      }
      this.totals = whole.totals;
      if (before) this.before = before.totals;
      this.problem = null;
      this.freshAt = clock.serverNow();
      this.#changes.tell();
    } catch (error) {
      if (this.#reading !== reading || (error instanceof DOMException && error.name === 'AbortError')) return;
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
    }
    if (this.#reading === reading) this.loading = false;
  }

  #prepare(range: Range): void {
    this.#rangeLoaded = range.id;
    // What lies between two moments is not carried on by live windows.
    const carriedOn = range.end === null && range.stepMs === FINE_STEP;
    this.#fine = new WindowStore(FINE_STEP, (carriedOn ? range.lengthMs : FINE_LENGTH) / FINE_STEP + 2);
    this.#coarse = carriedOn ? null : new WindowStore(range.stepMs, Math.ceil(range.lengthMs / range.stepMs) + 2);
    this.#fineFrom = Number.POSITIVE_INFINITY;
    this.totals = null;
    this.before = null;
    this.#pulse.clear();
    this.#changes.tell();
  }

  #apply(update: VisualizationUpdate, late: boolean): void {
    if (update.view !== this.view || update.key !== this.key || update.step !== FINE_STEP) return;
    if (!late) this.#heardThrough = update.through;
    if (!this.live) return;
    let events = 0;
    let errors = 0;
    for (const point of update.points) {
      const present = this.#fine.get(point.t);
      events += eventsOf(point) - (present ? eventsOf(present) : 0);
      errors += point.total_errors - (present?.total_errors ?? 0);
    }
    this.#fine.put(update.points, Date.now());
    // What grew while nobody listened did not grow now; and before the first reading, nobody knows how much.
    if (!late && this.totals !== null) this.#pulse.add(clock.serverNow(), events, errors);
    this.#changes.tellSoon();
  }

  #show(): boolean {
    if (clock.paused) return false;
    this.through = this.#heardThrough;
    this.freshAt = clock.serverNow();
    return true;
  }

  get #name(): string {
    return `${this.view} ${this.key}`;
  }

  /** The pipeline ticks once a second even when nothing is sent: what is known only up to long ago is behind. */
  #checkFreshness(): void {
    const through = this.#heardThrough;
    connection.setBehind(this.#name, through !== null && clock.serverNow() - through > BEHIND_AFTER ? through : null);
  }
}
