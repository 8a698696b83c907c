/** What both pages of the frame benchmark (bench/src/frames.ts) have in common: the data, its pace, and the clock. */
export const CHARTS = 20;
export const POINTS = 3_600;
export const STEP_MS = 1_000;
export const HEIGHT = 140;

export interface Sample {
  readonly t: number;
  readonly value: number;
}

/** A chart's value at a moment: waves, noise, and a peak of one point now and then, the same on every page. */
export function sampleAt(chart: number, t: number): Sample {
  const second = t / STEP_MS;
  const noise = ((Math.imul(second + chart * 7_919, 2_654_435_761) >>> 0) / 2 ** 32) * 20;
  const peak = (second + chart * 31) % 397 === 0 ? 120 : 0;
  return { t, value: 60 + 30 * Math.sin(second / (90 + chart * 7)) + noise + peak };
}

/** The hour before now. */
export function samplesBefore(now: number, chart: number): Sample[] {
  return Array.from({ length: POINTS }, (_, index) => sampleAt(chart, now - (POINTS - 1 - index) * STEP_MS));
}

export function startOfSecond(): number {
  return Math.floor(Date.now() / STEP_MS) * STEP_MS;
}

/** `spread`: each chart at a moment of its own within the second; `together`: all at once, as live windows of one message come. */
export type Pace = 'spread' | 'together';

/** Brings one new point a second to every chart; returns how to stop, which answers how many were brought. */
export function feed(pace: Pace, now: number, add: (chart: number, sample: Sample) => void): () => number {
  let brought = 0;
  const timers: ReturnType<typeof setInterval>[] = [];
  const newest = new Array<number>(CHARTS).fill(now);
  const bring = (chart: number) => {
    newest[chart] = (newest[chart] ?? now) + STEP_MS;
    add(chart, sampleAt(chart, newest[chart]));
    brought += 1;
  };
  const every = (after: number, task: () => void) => {
    timers.push(setTimeout(() => timers.push(setInterval(task, STEP_MS)), after));
  };
  if (pace === 'together') every(0, () => newest.forEach((_, chart) => bring(chart)));
  else newest.forEach((_, chart) => every((chart * STEP_MS) / CHARTS, () => bring(chart)));
  return () => {
    for (const timer of timers) clearInterval(timer);
    return brought;
  };
}

/** How long each frame took in `ms` milliseconds, from one animation frame to the next. */
function frameTimes(ms: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let before = 0;
    const end = performance.now() + ms;
    const look = (now: number) => {
      if (before > 0) times.push(now - before);
      before = now;
      if (now < end) requestAnimationFrame(look);
      else resolve(times);
    };
    requestAnimationFrame(look);
  });
}

export interface Measured {
  readonly frames: readonly number[];
  /** Points that came meanwhile. */
  readonly brought: number;
}

/** Offers `measureFrames` to the benchmark, for a page that shows `start`'s charts. */
export function offerMeasurement(now: number, add: (chart: number, sample: Sample) => void): void {
  let at = now;
  const measureFrames = async (pace: Pace, warmUpMs: number, ms: number): Promise<Measured> => {
    const stop = feed(pace, at, add);
    await frameTimes(warmUpMs);
    const frames = await frameTimes(ms);
    const brought = stop();
    // The next measurement goes on where this one ends.
    at += Math.ceil(brought / CHARTS) * STEP_MS;
    return { frames, brought };
  };
  Object.assign(window, { measureFrames });
}
