/** In how long windows gauges are read, so that a probe that samples seldom draws a line and no dots with gaps between. */

/** Of fewer samples nobody knows how often they come. */
const LEAST = 6;
/** A window may be so many times as long as was asked for; whatever is further apart is a gap. */
const LONGEST = 10;
/** What is lost now and then makes no window longer. */
const USUAL = 0.8;

/** How far apart samples of one gauge usually are, in milliseconds; at least `stepMs`. `times` are in order. */
export function sampledStep(times: readonly number[], stepMs: number): number {
  if (times.length < LEAST) return stepMs;
  const apart = times
    .slice(1)
    .map((t, index) => t - (times[index] ?? t))
    .sort((a, b) => a - b);
  const usual = apart[Math.floor((apart.length - 1) * USUAL)] ?? stepMs;
  return usual <= LONGEST * stepMs ? Math.max(stepMs, usual) : stepMs;
}

/** Asks in windows of `stepMs`, and again in longer ones where the samples that came are further apart. */
export async function readSampled<Answer>(
  stepMs: number,
  ask: (stepMs: number) => Promise<Answer>,
  timesOf: (answer: Answer) => readonly (readonly number[])[],
): Promise<Answer> {
  const answer = await ask(stepMs);
  const wanted = Math.max(stepMs, ...timesOf(answer).map((times) => sampledStep(times, stepMs)));
  return wanted === stepMs ? answer : ask(wanted);
}
