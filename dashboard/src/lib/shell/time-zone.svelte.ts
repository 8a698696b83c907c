import { TIME_ZONES, useTimeZone, type TimeZone } from '../format/format-time.ts';

const KEY = 'fleetbeat-time-zone';

/** The zone that times are written in; remembered in this browser. Pages are written anew when it changes. */
class ChosenTimeZone {
  choice = $state<TimeZone>('local');

  start(): void {
    try {
      this.#use(TIME_ZONES.find((zone) => zone === localStorage.getItem(KEY)) ?? 'local');
    } catch {
      // Storage may be forbidden: local time, then.
    }
  }

  choose(choice: TimeZone): void {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // It then lasts as long as the page.
    }
    this.#use(choice);
  }

  #use(choice: TimeZone): void {
    useTimeZone(choice);
    this.choice = choice;
  }
}

export const timeZone = new ChosenTimeZone();
