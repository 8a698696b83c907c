/** The moment pointed at, shared by every chart of the page. */
class Crosshair {
  /** Epoch milliseconds; null when nothing is pointed at. */
  t = $state<number | null>(null);
  /** The chart that is pointed at, which shows the full read-out. */
  owner = $state<string | null>(null);

  point(owner: string, t: number): void {
    this.owner = owner;
    this.t = t;
  }

  leave(owner: string): void {
    if (this.owner !== owner) return;
    this.owner = null;
    this.t = null;
  }
}

export const crosshair = new Crosshair();
