import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGS } from './chromium.ts';
import { SCREENS, type MadeAnswer, type Screen, type ScreenFacts } from './dashboard-screens.ts';
import { seedBoard } from './seed-board.ts';
import { KINDS, seedDashboards } from './seed-dashboards.ts';
import { seedHardNames } from './seed-hard-names.ts';
import { seedIncidents } from './seed-incidents.ts';
import { seedTrouble } from './seed-trouble.ts';
import { seedWorkflows } from './seed-workflows.ts';
import { signInByLink, signInByPassword } from './sign-in.ts';
import { startSystem, type RunningSystem } from './start-system.ts';
import { violationsOf } from './violations-of.ts';

/**
 * `npm run screenshots`: pictures of every page, light and dark, on a desk and on a phone, of a seeded fleet of its own.
 *
 *   --only tasks,agents   screens whose name holds one of these
 *   --states full,error   full, empty (a fresh installation), loading, error (every answer is 503) and hard (names with markup,
 *                         from right to left, and without an end; of a fleet of its own only); all unless given
 *   --themes dark         light, dark or both
 *   --widths phone        desktop, phone or both
 *   --out FOLDER          docs/screenshots/pages unless given
 *   --axe                 tells what axe finds in each, too
 *   --of URL              pictures of what runs there instead; FLEETBEAT_DATA names its data folder
 */
const ROOT = join(import.meta.dirname, '..');
const VIEWPORTS = { desktop: { width: 1440, height: 900 }, phone: { width: 375, height: 812 } } as const;
type Width = keyof typeof VIEWPORTS;
const WIDTHS = ['desktop', 'phone'] as const satisfies readonly Width[];
/** Live pages never rest: what is shown after this long is taken, in milliseconds. */
const SETTLE_MS = 1_200;
/** Charts are drawn anew in the colours of another theme. */
const THEME_MS = 400;
/** Other states than the full one: one theme for each width shows what there is to see. */
const STATES = ['full', 'empty', 'loading', 'error', 'hard'] as const;
type State = (typeof STATES)[number];
/** Without these there is no page that could be in any state. */
const ALWAYS_ANSWERED = /\/api\/v1\/(auth|session|me)\b/;

const { values: options } = parseArgs({
  options: {
    of: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'docs/screenshots/pages') },
    only: { type: 'string', default: '' },
    states: { type: 'string', default: STATES.join(',') },
    themes: { type: 'string', default: 'light,dark' },
    widths: { type: 'string', default: 'desktop,phone' },
    axe: { type: 'boolean', default: false },
  },
});

interface Subject extends AsyncDisposable {
  readonly url: string;
  signIn(page: Page): Promise<void>;
  /** Adds what is hard to show, and answers what there is a page of; undefined where nothing may be added. */
  readonly harden?: (() => Promise<Partial<ScreenFacts>>) | undefined;
}

if (CHROMIUM === undefined) throw new Error('no Chromium found: name one in CHROMIUM');
const states = STATES.filter((state) => options.states.split(',').includes(state));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
try {
  const ofFleet = states.filter((state) => state !== 'empty');
  if (ofFleet.length > 0) {
    await using subject = options.of === undefined ? await startFleet() : running(options.of);
    await picture(browser, subject, ofFleet);
  }
  if (states.includes('empty')) {
    console.error('starting a fresh installation ...');
    const system = await startSystem({});
    await using subject = subjectOf(system, (page) => signInByLink(page, system));
    await picture(browser, subject, ['empty']);
  }
} finally {
  await browser.close();
}

function running(api: string): Subject {
  const dataDir = process.env['FLEETBEAT_DATA'] ?? join(ROOT, '.data');
  return { url: api, signIn: (page) => signInByLink(page, { api, dataDir }), [Symbol.asyncDispose]: async () => {} };
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
  await seedDashboards(system);
  await seedTrouble(system);
  const subject = subjectOf(system, (page) => signInByPassword(page, system, 'carl'));
  return { ...subject, harden: () => seedHardNames(system) };
}

function subjectOf(system: RunningSystem, signIn: Subject['signIn']): Subject {
  return { url: system.api, signIn, [Symbol.asyncDispose]: () => system.stop() };
}

async function picture(browser: Browser, { url, signIn, harden }: Subject, states: readonly State[]): Promise<void> {
  mkdirSync(options.out, { recursive: true });
  const words = options.only.split(',');
  const wanted = SCREENS.filter(({ name }) => words.some((word) => name.includes(word)));
  const pages: { width: Width; page: Page }[] = [];
  for (const width of WIDTHS.filter((one) => options.widths.includes(one))) {
    const page = await openPage(browser, width);
    await signIn(page);
    pages.push({ width, page });
  }
  const [first] = pages;
  if (first === undefined) throw new Error('--widths names neither desktop nor phone');
  let facts = await readFacts(first.page);
  let missed = 0;
  for (const state of states) {
    if (state === 'hard' && harden === undefined) continue;
    if (state === 'hard') facts = { ...facts, ...(await harden?.()) };
    // What has to be clicked is not there in every state.
    for (const screen of wanted.filter(
      ({ prepare, answers }) => state === 'full' || state === 'hard' || (prepare ?? answers) === undefined,
    )) {
      for (const { width, page } of pages) {
        const themes = (['light', 'dark'] as const)
          .filter((theme) => options.themes.includes(theme))
          .filter((theme) => state === 'full' || (theme === 'dark') === (width === 'phone'));
        if (themes.length === 0) continue;
        await page.emulateMedia({ colorScheme: themes[0] ?? 'light' });
        await bringInto(page, state, screen.answers ?? []);
        try {
          await show(page, url, screen, facts);
        } catch (error) {
          missed += 1;
          console.error(`no picture of ${screen.name}, ${width}, ${state}: ${String(error)}`);
          continue;
        }
        for (const theme of themes) {
          await page.emulateMedia({ colorScheme: theme });
          await page.waitForTimeout(THEME_MS);
          const name = [screen.name, ...(state === 'full' ? [] : [state]), width, theme].join('-');
          const path = join(options.out, `${name}.png`);
          await page.screenshot({ path, fullPage: screen.whole ?? true });
          console.error(path);
          if (!options.axe) continue;
          const found = await violationsOf(page);
          missed += found.length;
          for (const one of found) console.error(`axe, ${name}: ${one}`);
        }
        await page.context().setOffline(false);
      }
    }
  }
  for (const { page } of pages) await page.context().close();
  if (missed > 0) process.exitCode = 1;
}

/** A phone is touched: what is small for a finger shows. */
async function openPage(browser: Browser, width: Width): Promise<Page> {
  const touched = width === 'phone' ? { hasTouch: true, isMobile: true } : {};
  const context = await browser.newContext({ viewport: VIEWPORTS[width], reducedMotion: 'reduce', ...touched });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => console.error(`error on ${page.url()}: ${error.stack ?? error.message}`));
  return page;
}

/** Has every answer come as it does, as it was made up, never, or as that of an API that is away. */
async function bringInto(page: Page, state: State, made: readonly MadeAnswer[]): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  for (const { method, path, status, body } of made) {
    await page.route('**/api/v1/**', async (route) => {
      const request = route.request();
      const asked = new URL(request.url()).pathname.replace('/api/v1', '');
      if (request.method() !== method || !path.test(asked)) return route.fallback();
      const contentType = status < 400 ? 'application/json' : 'application/problem+json';
      await route.fulfill({ status, contentType, body: JSON.stringify(body) });
    });
  }
  if (state !== 'loading' && state !== 'error') return;
  await page.route('**/api/v1/**', async (route) => {
    if (ALWAYS_ANSWERED.test(route.request().url())) return route.continue();
    // Never answered.
    if (state === 'loading') return;
    const problem = { title: 'Service Unavailable', status: 503, detail: 'the database is away', request_id: 'made-up' };
    await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
}

async function show(page: Page, url: string, screen: Screen, facts: ScreenFacts): Promise<void> {
  await page.goto(url + screen.path(facts));
  await page.locator('h1').first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  if (screen.prepare === undefined) return;
  await screen.prepare(page);
  await page.waitForTimeout(400);
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
    kinds: await first(`/dashboards?limit=1&q=${encodeURIComponent(KINDS)}`, 'id'),
    incident: await first('/incidents?limit=1&status=acknowledged&severity=error', 'id'),
  };
}
