/** How much is sent to a server at a time: much to one that is quick, little to one that is slow, so that no request takes until it times out. */

const MOST_LINES = 5_000;
const FEWEST_LINES = 200;
/** Milliseconds of one request below which the next may be larger, and above which it is smaller. */
const QUICK_MS = 1_000;
const SLOW_MS = 4_000;

export class RequestSize {
  #lines = MOST_LINES;

  get lines(): number {
    return this.#lines;
  }

  /** A request of so many lines took so many milliseconds, whether it succeeded or not. */
  took(lines: number, ms: number): void {
    if (ms > SLOW_MS) this.#lines = Math.max(FEWEST_LINES, Math.floor((Math.min(lines, this.#lines) * SLOW_MS) / (2 * ms)));
    else if (ms < QUICK_MS && lines >= this.#lines) this.#lines = Math.min(MOST_LINES, 2 * this.#lines);
  }
}
