/** The stretch of time that is being drawn over a chart. */
export class Brush {
  #from = $state<number | null>(null);
  #to = $state<number | null>(null);

  /** [from, to] so far, epoch milliseconds; null while nothing is drawn. */
  get span(): [from: number, to: number] | null {
    const [from, to] = [this.#from, this.#to];
    return from === null || to === null ? null : [Math.min(from, to), Math.max(from, to)];
  }

  begin(t: number): void {
    this.#from = t;
    this.#to = null;
  }

  /** Follows the pointer, once begun. */
  move(t: number): void {
    if (this.#from !== null) this.#to = t;
  }

  /** What was drawn. */
  end(): [from: number, to: number] | null {
    const span = this.span;
    this.cancel();
    return span;
  }

  cancel(): void {
    this.#from = null;
    this.#to = null;
  }
}
