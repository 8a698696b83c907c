import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { describe } from 'vitest';
import { CHROMIUM, CHROMIUM_ARGS } from './chromium.ts';
import { needDashboardBuild } from './dashboard-build.ts';
import { DESKTOP } from './expect-accessible.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

/** A whole system of its own, and a browser before its dashboard. */
export interface SystemWithBrowser {
  readonly system: RunningSystem;
  /** A page in a context of its own: on a desktop and without motion, unless said otherwise. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Errors of scripts on those pages that nobody has caught. */
  readonly complaints: string[];
  stop(): Promise<void>;
}

/** How long a page has for what is waited for on it: a busy machine makes a test slow, not wrong. */
const PATIENCE_MS = 60_000;

/** `describe` for what needs a browser: skipped, and said so, where there is none. */
export function describeInBrowser(name: string, tests: () => void): void {
  const shown = CHROMIUM === undefined ? `${name}: SKIPPED, no Chromium, name one in CHROMIUM` : name;
  describe.skipIf(CHROMIUM === undefined)(shown, tests);
}

/** Starts both, with `env` for the system. */
export async function startWithBrowser(env: Readonly<Record<string, string | undefined>> = {}): Promise<SystemWithBrowser> {
  await needDashboardBuild();
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: CHROMIUM_ARGS });
  const complaints: string[] = [];
  try {
    const system = await startSystem(env);
    return {
      system,
      complaints,
      async newPage(options = {}) {
        const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
        context.setDefaultTimeout(PATIENCE_MS);
        const page = await context.newPage();
        page.on('pageerror', (error) => complaints.push(String(error.stack)));
        return page;
      },
      async stop() {
        await browser.close();
        await system.stop();
      },
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
