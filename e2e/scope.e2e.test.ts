import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Agent, List, Metrics } from '@fleetbeat/contracts/api.ts';
import { sendEvents } from './send-events.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** One environment of a fleet, on every page that knows agents, in a browser before a real system. */
const ROOT = join(import.meta.dirname, '..');
const AGENTS = 8;
const TOO_MANY = 1_001;
const SCOPE = 'scope=environment%3Aproduction';

describeInBrowser('a scope', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;
  let production: number;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const trace = join(ROOT, 'agents-simulator/data/azure-llm-2023-code.csv');
    await system.simulate(`--trace ${trace} --speed max --agents ${AGENTS} --hosts 2 --seed 3`);
    production = await vi.waitFor(agentsInProduction, { timeout: 30_000, interval: 200 });
    page = await there.newPage();
    await signInByLink(page, system);
  });
  afterAll(async () => {
    await there?.stop();
  });

  async function agentsInProduction(): Promise<number> {
    const { items } = await system.get<List<Agent>>('/agents?limit=100');
    if (items.length < AGENTS || items.some(({ labels }) => labels['environment'] === undefined))
      throw new Error('not all are there');
    const found = items.filter(({ labels }) => labels['environment'] === 'production').length;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(AGENTS);
    return found;
  }

  const control = () => page.getByRole('group', { name: 'Scope' });

  it('is chosen among the labels there are, and narrows the overview down', async () => {
    await page.goto(`${system.api}/?range=6h`);
    await control().getByRole('button', { name: 'Scope: everything' }).click();
    const dialog = page.getByRole('dialog', { name: 'Scope' });
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: new RegExp(`^production .*${production} agents`) }).click();
    await page.waitForURL(new RegExp(`[?&]${SCOPE}$`));
    await page
      .getByText(`${production} of ${production} agents answering`)
      .or(page.getByText('stopped answering'))
      .first()
      .waitFor();
    await page.getByText('events/s, read every 10 s').waitFor();
    const [scoped, whole] = await Promise.all(
      ['&label=environment:production', ''].map((label) =>
        system.get<Metrics>(`/fleet/metrics?step=1m&from=${Date.now() - 6 * 3_600_000}${label}`),
      ),
    );
    expect(scoped?.totals.total_messages).toBeGreaterThan(0);
    expect(scoped?.totals.total_messages).toBeLessThan(whole?.totals.total_messages ?? 0);
    await page.keyboard.press('Escape');
    expect(await violationsOf(page)).toEqual([]);
  });

  it('stays from page to page and until the next visit, and is grey where it means nothing', async () => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Agents' }).click();
    await page.waitForURL(new RegExp(`/agents\\?range=6h&${SCOPE}$`));
    await expect.poll(() => page.locator('table.rows tbody tr').count()).toBe(production);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Pipeline' }).click();
    await control().getByText('not used here').waitFor();
    expect(await control().getByRole('button').isDisabled()).toBe(true);
    expect(await violationsOf(page)).toEqual([]);
    await page.goto('about:blank');
    await page.goto(`${system.api}/tasks`);
    await page.waitForURL(new RegExp(`/tasks\\?${SCOPE}$`));
    for (const path of ['/hosts', '/models', '/alerts', '/incidents', '/explore']) {
      await page.goto(system.api + path);
      await page.waitForURL(new RegExp(`${path}\\?(.*&)?${SCOPE}$`));
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
  });

  it('is taken away label by label, and chosen by keyboard in the palette', async () => {
    await page.goto(`${system.api}/agents`);
    await control().getByRole('button', { name: 'Take environment = production out of the scope' }).click();
    await expect.poll(() => page.locator('table.rows tbody tr').count()).toBe(AGENTS);
    expect(page.url()).not.toContain('scope');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill('staging');
    await page.getByRole('option', { name: /^Only environment = staging/ }).waitFor();
    await page.getByRole('option', { name: /^Only environment = staging/ }).hover();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('table.rows tbody tr').count()).toBe(AGENTS - production);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Overview', exact: true }).click();
    await page.waitForURL(/scope=environment%3Astaging$/);
    await control().getByRole('button', { name: 'Take environment = staging out of the scope' }).click();
    await page.getByText('events/s now').waitFor();
  });

  it('says in words that it holds too many to be summed', async () => {
    const beats = Array.from({ length: TOO_MANY }, (_, index) => ({
      agent_id: `many-${index}`,
      message_type: 'heartbeat',
      status: 'online',
      labels: { size: 'large' },
    }));
    await sendEvents(system, beats);
    await expect
      .poll(async () => JSON.stringify(await system.get('/labels')), { timeout: 30_000 })
      .toContain(`"agents":${TOO_MANY}`);
    await page.goto(`${system.api}/?scope=size:large`);
    await page
      .getByRole('alert')
      .getByText(/More than 1,000 agents carry these labels/)
      .first()
      .waitFor();
    await page.setViewportSize({ width: 375, height: 812 });
    await page.getByText('Only size = large').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByText('events/s now').waitFor();
    expect(there.complaints).toEqual([]);
  });
});
