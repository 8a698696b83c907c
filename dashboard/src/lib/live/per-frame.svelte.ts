/** Tells the page that what lies outside of its state has changed, however often that happens once per animation frame. */
export class PerFrame {
  #version = $state(0);
  #frame = 0;
  readonly #show: () => boolean;

  /** `show` is called in the frame that is to show a change; where it answers false, nothing is shown. */
  constructor(show: () => boolean = () => true) {
    this.#show = show;
  }

  /** Whoever calls this in an effect or a derived value runs again after a change. */
  seen(): void {
    void this.#version;
  }

  /** Something has changed; it is shown at once. */
  tell(): void {
    this.#version += 1;
  }

  /** Something has changed; it is shown with the next frame. */
  tellSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#show()) this.#version += 1;
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
