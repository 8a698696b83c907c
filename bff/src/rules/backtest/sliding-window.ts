import type { Family } from '@fleetbeat/contracts/aggregates.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';

interface Window {
  readonly start: number;
  readonly content: Partial;
}

/**
 * The windows of one key that a rolling window reaches over, merged. Two stacks, so that one that moves on costs about two
 * merges whatever its length: what is old holds the sums from itself on, what is new is summed up as it comes.
 */
export class SlidingWindow {
  readonly #family: Family;
  /** The oldest last, each with everything that came after it in this list. */
  #old: Window[] = [];
  #new: Window[] = [];
  #sumOfNew: Partial | undefined;

  constructor(family: Family) {
    this.#family = family;
  }

  /** Adds a window that starts after all before it; `content` must not change any more. */
  push(start: number, content: Partial): void {
    this.#new.push({ start, content });
    this.#sumOfNew ??= new Partial(this.#family);
    this.#sumOfNew.merge(content);
  }

  /** Forgets windows that start before `start`. Answers whether any is left. */
  dropBefore(start: number): boolean {
    for (;;) {
      const oldest = this.#old.at(-1) ?? this.#new[0];
      if (oldest === undefined) return false;
      if (oldest.start >= start) return true;
      if (this.#old.length === 0) this.#turnOver();
      this.#old.pop();
    }
  }

  /** Everything in it; not to be changed. */
  sum(): Partial {
    const sumOfOld = this.#old.at(-1)?.content;
    if (sumOfOld === undefined || this.#sumOfNew === undefined) return sumOfOld ?? this.#sumOfNew ?? new Partial(this.#family);
    const whole = new Partial(this.#family);
    whole.merge(sumOfOld);
    whole.merge(this.#sumOfNew);
    return whole;
  }

  #turnOver(): void {
    let after: Partial | undefined;
    for (const { start, content } of this.#new.toReversed()) {
      const sum = new Partial(this.#family);
      sum.merge(content);
      if (after !== undefined) sum.merge(after);
      this.#old.push({ start, content: sum });
      after = sum;
    }
    this.#new = [];
    this.#sumOfNew = undefined;
  }
}
