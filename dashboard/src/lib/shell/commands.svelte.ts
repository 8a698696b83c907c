import { goto } from '$app/navigation';
import { page } from '$app/state';
import { clock } from '../live/clock.svelte.ts';
import { parseRange, rangeQuery } from '../time-range/range.ts';
import { zoomOut } from '../time-range/zoom.ts';
import { PAGES } from './pages.ts';

/** How long the key after `g` is waited for, in milliseconds. */
const PATIENCE = 1_500;
/** Long before the page was there, whose own time begins at 0. */
const NEVER = Number.NEGATIVE_INFINITY;

/** What keys do on every page, in the order of the help sheet. */
export const SHORTCUTS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ['Ctrl', 'K'], does: 'Search and commands' },
  { keys: ['/'], does: 'Search this page' },
  { keys: ['?'], does: 'This help' },
  { keys: ['n'], does: 'Notifications' },
  { keys: ['Space'], does: 'Pause and resume live updates' },
  { keys: ['z'], does: 'Zoom back out' },
  { keys: ['j', 'k'], does: 'Down and up in a table, Enter opens' },
  { keys: ['←', '→'], does: 'Read a chart that has the focus' },
  { keys: ['+', '−'], does: 'Zoom a chart in and out' },
  { keys: ['Esc'], does: 'Close what is open' },
];

/** What a key does on the page that is shown. */
export interface PageKey {
  readonly key: string;
  readonly does: string;
  run(): void;
}

/** What is open above the page, and what keys do wherever one is. */
class Commands {
  paletteShown = $state(false);
  keysShown = $state(false);
  notificationsShown = $state(false);
  scopeShown = $state(false);
  markShown = $state(false);
  /** Besides those of every page. */
  pageKeys = $state.raw<readonly PageKey[]>([]);
  #afterG = NEVER;

  /** Keys that count until the returned function is called. */
  useKeys(keys: readonly PageKey[]): () => void {
    this.pageKeys = keys;
    return () => {
      if (this.pageKeys === keys) this.pageKeys = [];
    };
  }

  /** Takes a key that was pressed anywhere on the page. */
  key(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      this.paletteShown = !this.paletteShown;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
    if (event.timeStamp - this.#afterG < PATIENCE) {
      this.#afterG = NEVER;
      const found = PAGES.find(({ key }) => key === event.key);
      if (found) return void goto(found.path + rangeQuery(parseRange(page.url.searchParams.get('range'))));
    }
    switch (event.key) {
      case 'g':
        this.#afterG = event.timeStamp;
        return;
      case '?':
        this.keysShown = true;
        return;
      case 'n':
        this.notificationsShown = true;
        return;
      case 'z':
        return void zoomOut();
      case '/': {
        event.preventDefault();
        const field = document.querySelector<HTMLInputElement>('main input[type=search]');
        if (field) field.focus();
        else this.paletteShown = true;
        return;
      }
      case ' ':
        if (event.target !== document.body) return;
        event.preventDefault();
        if (clock.paused) clock.resume();
        else clock.pause();
        return;
      default: {
        const found = this.pageKeys.find(({ key }) => key === event.key);
        if (found === undefined) return;
        // The letter is not typed into what opens.
        event.preventDefault();
        found.run();
      }
    }
  }
}

/** Keys belong to what is typed into, and to what is open above the page. */
function isTaken({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('input, textarea, select, [contenteditable]') || target.closest('[role=dialog]') !== null;
}

export const commands = new Commands();
