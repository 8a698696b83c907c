import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { violationsOf } from './violations-of.ts';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 375, height: 812 };

/**
 * Expects of a page, light on a desktop and dark on a phone, that axe finds nothing and that nothing is wider than the screen; leaves
 * it at the size of the desktop. `settle` waits until the page is as it should be in each of them: unless given, as it is.
 */
export async function expectAccessible(page: Page, settle?: () => Promise<unknown>): Promise<void> {
  for (const [viewport, colorScheme] of [
    [DESKTOP, 'light'],
    [PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await settle?.();
    // Half-way between two themes no colour is what it is meant to be.
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
    await page.evaluate(
      'Promise.allSettled(document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished)).then(() => null)',
    );
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(DESKTOP);
}
