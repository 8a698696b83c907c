/** Light, dark, or as the system says; remembered in this browser. app.html applies it before the first paint. */

export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const KEY = 'fleetbeat-theme';

class Theme {
  choice = $state<ThemeChoice>('system');
  /** What is shown: canvases draw anew when it changes. */
  shown = $state<'light' | 'dark' | null>(null);

  /** Follows the system's theme until the returned function is called. */
  start(): () => void {
    this.choice = remembered();
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => this.#apply();
    system.addEventListener('change', follow);
    this.#apply();
    return () => system.removeEventListener('change', follow);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    this.#apply();
  }

  #apply(): void {
    const dark = this.choice === 'dark' || (this.choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    this.shown = dark ? 'dark' : 'light';
  }
}

function remembered(): ThemeChoice {
  try {
    return THEME_CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

export const theme = new Theme();
