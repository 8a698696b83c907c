import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { build, preview } from 'vite';
import { CHROMIUM, CHROMIUM_ARGS } from '../../e2e/chromium.ts';
import { freePort } from '../../infra/native/free-port.ts';

const PAGES = join(import.meta.dirname, '../../dashboard/frames');
const VIEWPORT = { width: 1440, height: 1000 };
const WARM_UP_MS = 3_000;
const SPREAD_MS = 30_000;
const TOGETHER_MS = 15_000;
/** What both pages draw: wall.ts. */
const POINTS_PER_S = 20;

interface Run {
  /** Milliseconds from frame to frame. */
  readonly frames: readonly number[];
  /** Share of a core that the page's main thread took. */
  readonly busy: number;
}

/**
 * Twenty live charts of 3,600 points in Chromium, one new point a second each, drawn by the dashboard's chart and by uPlot:
 * how long frames take. Where the points of all charts come at once, one frame of sixty has all the work, and the 95th of a
 * hundred none: `…_together_…` tells of those.
 */
export async function benchFrames(): Promise<Record<string, number>> {
  if (CHROMIUM === undefined) throw new Error('no Chromium found: name one in CHROMIUM');
  const folder = await mkdtemp(join(tmpdir(), 'fleetbeat-frames-'));
  const config = { configFile: join(PAGES, 'vite.config.ts'), logLevel: 'warn' } as const;
  await build({ ...config, build: { outDir: folder, emptyOutDir: true } });
  const port = await freePort();
  const server = await preview({
    ...config,
    build: { outDir: folder },
    preview: { port, host: '127.0.0.1', strictPort: true },
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  try {
    const page = (name: string): string => `http://127.0.0.1:${port}/${name}.html`;
    const ours = await measure(browser, page('ours'));
    const theirs = await measure(browser, page('uplot'));
    return {
      frames_p95_ms: quantile(ours.spread.frames, 0.95),
      frames_uplot_p95_ms: quantile(theirs.spread.frames, 0.95),
      frames_ratio: quantile(ours.spread.frames, 0.95) / quantile(theirs.spread.frames, 0.95),
      frames_busy: ours.spread.busy,
      frames_uplot_busy: theirs.spread.busy,
      frames_together_longest_p95_ms: quantile(longestBySecond(ours.together), 0.95),
      frames_uplot_together_longest_p95_ms: quantile(longestBySecond(theirs.together), 0.95),
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(browser: Browser, url: string): Promise<{ spread: Run; together: Run }> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.stack ?? error.message));
  await page.goto(url);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');

  async function busySeconds(): Promise<number> {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  }

  async function run(pace: string, ms: number): Promise<Run> {
    const [before, start] = [await busySeconds(), performance.now()];
    const { frames, brought } = await page.evaluate<{ frames: number[]; brought: number }>(
      `measureFrames('${pace}', ${WARM_UP_MS}, ${ms})`,
    );
    const seconds = (performance.now() - start) / 1_000;
    if (brought < 0.9 * POINTS_PER_S * (seconds - 1)) failures.push(`${brought} points in ${seconds} s`);
    return { frames, busy: ((await busySeconds()) - before) / seconds };
  }

  const spread = await run('spread', SPREAD_MS);
  const together = await run('together', TOGETHER_MS);
  await page.close();
  if (failures.length > 0) throw new Error(`${url}: ${failures.join('\n')}`);
  return { spread, together };
}

/** The longest frame of each second. */
function longestBySecond({ frames }: Run): number[] {
  const longest: number[] = [];
  let passed = 0;
  for (const frame of frames) {
    passed += frame;
    const second = Math.floor(passed / 1_000);
    longest[second] = Math.max(longest[second] ?? 0, frame);
  }
  return longest.filter((one) => one !== undefined);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
