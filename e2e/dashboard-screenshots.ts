import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGS } from './chromium.ts';
import { SCREENS, type Screen, type ScreenFacts } from './dashboard-screens.ts';
import { seedBoard } from './seed-board.ts';
import { seedIncidents } from './seed-incidents.ts';
import { seedWorkflows } from './seed-workflows.ts';
import { startSystem } from './start-system.ts';

/**
 * `npm run screenshots`: pictures of every page, light and dark, on a desk and on a phone, of a seeded fleet of its own.
 *
 *   --only tasks,agents   screens whose name holds one of these
 *   --themes dark         light, dark or both
 *   --widths phone        desktop, phone or both
 *   --out FOLDER          docs/screenshots/pages unless given
 *   --of URL              pictures of what runs there instead; FLEETBEAT_DATA names its data folder
 */
const ROOT = join(import.meta.dirname, '..');
const VIEWPORTS = { desktop: { width: 1440, height: 900 }, phone: { width: 375, height: 812 } } as const;
/** Live pages never rest: what is shown after this long is taken, in milliseconds. */
const SETTLE_MS = 1_200;

const { values: options } = parseArgs({
  options: {
    of: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'docs/screenshots/pages') },
    only: { type: 'string', default: '' },
    themes: { type: 'string', default: 'light,dark' },
    widths: { type: 'string', default: 'desktop,phone' },
  },
});

interface Subject {
  readonly url: string;
  readonly dataDir: string;
  stop(): Promise<void>;
}

if (CHROMIUM === undefined) throw new Error('no Chromium found: name one in CHROMIUM');
const subject = options.of === undefined ? await startFleet() : running(options.of);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
try {
  await picture(browser, subject);
} finally {
  await browser.close();
  await subject.stop();
}

function running(url: string): Subject {
  return { url, dataDir: process.env['FLEETBEAT_DATA'] ?? join(ROOT, '.data'), stop: async () => {} };
}

async function startFleet(): Promise<Subject> {
  console.error('starting a fleet ...');
  const system = await startSystem({});
  const trace = join(ROOT, 'agents-simulator/data/azure-llm-2023-code.csv');
  const ended = await system.simulate(`--trace ${trace} --speed max --agents 24 --hosts 6 --seed 3`);
  if (ended.code !== 0) throw new Error(ended.output);
  await seedWorkflows(system);
  await seedBoard(system);
  await seedIncidents(system);
  return { url: system.api, dataDir: system.dataDir, stop: () => system.stop() };
}

async function picture(browser: Browser, { url, dataDir }: Subject): Promise<void> {
  mkdirSync(options.out, { recursive: true });
  const words = options.only.split(',');
  const wanted = SCREENS.filter(({ name }) => words.some((word) => name.includes(word)));
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => console.error(`error on ${page.url()}: ${error.stack ?? error.message}`));
  await page.goto(await loginLink(url, dataDir));
  await page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
  const facts = await readFacts(page);
  for (const screen of wanted) {
    for (const [width, viewport] of Object.entries(VIEWPORTS)) {
      if (!options.widths.includes(width)) continue;
      await page.setViewportSize(viewport);
      for (const theme of ['light', 'dark'] as const) {
        if (!options.themes.includes(theme)) continue;
        await page.emulateMedia({ colorScheme: theme });
        await show(page, url, screen, facts);
        const path = join(options.out, `${screen.name}-${width}-${theme}.png`);
        await page.screenshot({ path, fullPage: screen.whole ?? true });
        console.error(path);
      }
    }
  }
}

async function show(page: Page, url: string, screen: Screen, facts: ScreenFacts): Promise<void> {
  await page.goto(url + screen.path(facts));
  await page.locator('h1').first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  if (screen.prepare === undefined) return;
  await screen.prepare(page);
  await page.waitForTimeout(400);
}

async function loginLink(url: string, dataDir: string): Promise<string> {
  const env = { PATH: process.env['PATH'], FLEETBEAT_DATA: dataDir, PUBLIC_URL: url, LOG_LEVEL: 'warn' };
  const { stdout } = await promisify(execFile)(process.execPath, ['bff/src/access/login-link.ts'], { env, cwd: ROOT });
  return stdout.trim();
}

/** Ids of things that there is a page of. */
async function readFacts(page: Page): Promise<ScreenFacts> {
  async function first(path: string, name: string): Promise<string> {
    const answer = await page.request.get(new URL(`/api/v1${path}`, page.url()).href);
    const { items } = (await answer.json()) as { items?: Record<string, unknown>[] };
    return encodeURIComponent(String(items?.[0]?.[name] ?? 'none'));
  }
  return {
    agent: await first('/agents?limit=1', 'agent_id'),
    host: await first('/hosts?limit=1', 'host_id'),
    task: await first('/tasks?limit=1&sort=updated_at', 'task_id'),
    workflow: await first('/workflows?limit=1&status=running', 'workflow_id'),
    suggestion: await first('/suggestions?limit=1', 'id'),
    rule: await first('/rules?limit=1', 'id'),
    dashboard: await first('/dashboards?limit=1', 'id'),
    incident: await first('/incidents?limit=1&status=acknowledged&severity=error', 'id'),
  };
}
