import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGS } from '../../e2e/chromium.ts';
import { needDashboardBuild } from '../../e2e/dashboard-build.ts';
import { signInByLink } from '../../e2e/sign-in.ts';
import { startSystem } from '../../e2e/start-system.ts';

const TRACE = join(import.meta.dirname, '../../agents-simulator/data/azure-llm-2023-code.csv');
const VIEWPORT = { width: 1440, height: 900 };
/** How much slower the processor is made: a phone, or an old notebook. */
const THROTTLED = 4;
const LOADS = 7;
/** After the page is usable, for what comes late. */
const SETTLE_MS = 2_000;

interface Load {
  /** From the beginning of the navigation until figures and charts are there and the page answers, in milliseconds. */
  readonly usable: number;
  readonly lcp: number;
  /** What tasks took beyond 50 ms each, in milliseconds. */
  readonly tbt: number;
  readonly cls: number;
  /** From a click until what it changed is drawn, in milliseconds. */
  readonly inp: number;
  readonly requests: number;
  readonly scriptBytes: number;
}

/** The Overview of a fleet, loaded again and again by a browser that has never seen it, on a slowed processor; medians. */
export async function benchPageLoad(): Promise<Record<string, number>> {
  if (CHROMIUM === undefined) throw new Error('no Chromium found: name one in CHROMIUM');
  await needDashboardBuild();
  const system = await startSystem({});
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  try {
    const ended = await system.simulate(`--trace ${TRACE} --speed max --agents 24 --hosts 6 --seed 3`);
    if (ended.code !== 0) throw new Error(ended.output);
    const context = await browser.newContext();
    await signInByLink(await context.newPage(), system);
    const signedIn = await context.storageState();
    await context.close();
    const loads: Load[] = [];
    for (let load = 0; load < LOADS; load++) loads.push(await loadOnce(browser, signedIn, `${system.api}/`));
    const median = (of: (load: Load) => number): number =>
      loads.map(of).toSorted((a, b) => a - b)[Math.floor(LOADS / 2)] ?? Number.NaN;
    return {
      page_load_usable_ms: median(({ usable }) => usable),
      page_load_lcp_ms: median(({ lcp }) => lcp),
      page_load_tbt_ms: median(({ tbt }) => tbt),
      page_load_cls: median(({ cls }) => cls),
      page_load_inp_ms: median(({ inp }) => inp),
      page_load_requests: median(({ requests }) => requests),
      page_load_script_kb: median(({ scriptBytes }) => scriptBytes) / 1_000,
    };
  } finally {
    await browser.close();
    await system.stop();
  }
}

type SignedIn = Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>>;

async function loadOnce(browser: Browser, signedIn: SignedIn, url: string): Promise<Load> {
  const context = await browser.newContext({ storageState: signedIn, viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLED });
    await page.addInitScript(OBSERVE);
    await page.goto(url, { waitUntil: 'commit' });
    const usable = await page.evaluate<number>('vitals.usable');
    await page.waitForTimeout(SETTLE_MS);
    const { lcp, tbt, cls } = await page.evaluate<Pick<Load, 'lcp' | 'tbt' | 'cls'>>('vitals.soFar()');
    const { requests, scriptBytes } = await page.evaluate<Pick<Load, 'requests' | 'scriptBytes'>>('vitals.loaded()');
    await page.getByRole('button', { name: 'Messages as a table' }).click();
    await page.getByRole('table').first().waitFor();
    await page.waitForTimeout(SETTLE_MS / 2);
    return { usable, lcp, tbt, cls, requests, scriptBytes, inp: await page.evaluate<number>('vitals.inp') };
  } finally {
    await context.close();
  }
}

/** Runs in the page before anything else does. */
const OBSERVE = `
  const longest = { inp: 0, lcp: 0, cls: 0, tbt: 0 };
  const observe = (type, take, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
  observe('largest-contentful-paint', ({ startTime }) => (longest.lcp = startTime));
  observe('layout-shift', ({ value, hadRecentInput }) => (longest.cls += hadRecentInput ? 0 : value));
  observe('longtask', ({ duration }) => (longest.tbt += Math.max(0, duration - 50)));
  observe('event', ({ duration, interactionId }) => {
    if (interactionId) longest.inp = Math.max(longest.inp, duration);
  }, { durationThreshold: 16 });
  // A canvas is 300 pixels wide until something is drawn on it.
  const isDrawn = (canvas) => canvas.width !== 300;
  const isThere = () =>
    document.querySelector('.hero h1') !== null &&
    /\\d/.test(document.querySelector('dl.sheet dd b')?.textContent ?? '') &&
    [...document.querySelectorAll('.chart canvas')].filter(isDrawn).length >= 4;
  window.vitals = {
    usable: new Promise((resolve) => {
      (function look() {
        // After what was drawn is on the screen, and the page has time for something else.
        if (isThere()) requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        else requestAnimationFrame(look);
      })();
    }),
    soFar: () => ({ ...longest }),
    loaded: () => {
      const resources = performance.getEntriesByType('resource');
      const scripts = resources.filter(({ name }) => /\\.js$/.test(name));
      return {
        requests: resources.length + 1,
        scriptBytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      };
    },
    get inp() { return longest.inp; },
  };
`;
