/**
 * The page's time: the server's, one step a second, so that charts slide together and ages agree. Pausing
 * stops it, and with it every chart; what comes in meanwhile is kept and shown on resuming.
 */
class Clock {
  /** Epoch milliseconds on the server's clock; stands still while paused. */
  now = $state(Date.now());
  paused = $state(false);
  #offset = 0;
  #users = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The server's time at this very moment, paused or not. */
  serverNow(): number {
    return Date.now() + this.#offset;
  }

  /** Learns how far this device's clock is from the server's. */
  set(serverTime: number): void {
    this.#offset = serverTime - Date.now();
    this.#tick();
  }

  start(): () => void {
    this.#users += 1;
    this.#timer ??= setInterval(() => this.#tick(), 1_000);
    return () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#tick();
  }

  #tick(): void {
    if (!this.paused) this.now = Math.floor(this.serverNow() / 1_000) * 1_000;
  }
}

export const clock = new Clock();
