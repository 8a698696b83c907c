import { setImmediate } from 'node:timers/promises';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Windows that one backtest reads, at most. */
const MAX_WINDOWS_READ = 1_000_000;
/** How long one backtest may take, in milliseconds. */
const MAX_MS = 20_000;
/** How long it computes before others have their turn, in milliseconds. */
const TURN_MS = 20;

/** What one backtest may still use. Throws problems that say what to narrow. */
export class Allowance {
  readonly #clock: () => number;
  readonly #ends: number;
  #windows = MAX_WINDOWS_READ;
  #turnBegan: number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#turnBegan = clock();
    this.#ends = this.#turnBegan + MAX_MS;
  }

  spendWindows(count: number): void {
    this.#windows -= count;
    if (this.#windows < 0) {
      const most = MAX_WINDOWS_READ.toLocaleString('en');
      throw new HttpProblem(422, 'backtest-too-wide', `there are more than ${most} windows to look at: ${NARROW}`);
    }
  }

  /** To be called again and again: lets others have their turn, and ends what takes too long. */
  async breathe(): Promise<void> {
    const now = this.#clock();
    if (now > this.#ends) {
      throw new HttpProblem(422, 'backtest-too-long', `it takes more than ${MAX_MS / 1_000} seconds: ${NARROW}`);
    }
    if (now - this.#turnBegan < TURN_MS) return;
    await setImmediate();
    this.#turnBegan = this.#clock();
  }
}

export const NARROW = 'shorten the range, or watch fewer keys';
