import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Dashboard } from '@fleetbeat/contracts/dashboards.ts';
import type { Movers } from '@fleetbeat/contracts/movers.ts';
import { postTo } from './post-to.ts';
import { sendEvents } from './send-events.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** What changed most, what was marked on charts and how an agent was over time, in a browser before a real system. */
const MINUTE = 60_000;

describeInBrowser('what happened', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const now = Date.now();
    await sendEvents(system, [
      ...messages('busier', 60, now - 22 * MINUTE),
      ...messages('busier', 400, now - 5 * MINUTE),
      ...messages('steady', 200, now - 22 * MINUTE),
      ...messages('steady', 200, now - 5 * MINUTE),
    ]);
    await vi.waitFor(async () => expect(await movers()).toContain('busier total_messages'), { timeout: 30_000, interval: 200 });
    page = await there.newPage();
    await signInByLink(page, system);
  });
  afterAll(async () => {
    await there?.stop();
  });

  function messages(agentId: string, count: number, ts: number) {
    return Array.from({ length: count }, () => ({
      agent_id: agentId,
      message_type: 'agent_response',
      response_time_ms: 300,
      ts,
    }));
  }

  async function movers(): Promise<string[]> {
    const { items } = await system.get<Movers>(`/movers?from=${Date.now() - 15 * MINUTE}&to=${Date.now()}`);
    return items.map(({ key, measure }) => `${key} ${measure}`);
  }

  it('says what changed most, and leads to it beside the time before', async () => {
    await page.goto(system.api);
    const card = page.getByRole('region', { name: /^Changed most/ });
    await page.getByRole('heading', { name: 'Models' }).scrollIntoViewIfNeeded();
    await card.getByRole('link', { name: /busier Messages 400 was 60/ }).waitFor();
    expect(await card.getByRole('link', { name: /steady/ }).count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await card.getByRole('link', { name: /busier/ }).click();
    await page.waitForURL(/set=agent&measure=total_messages&key=busier&compare=1/);
    await page.getByText(/^Dashed: the 15 minutes before/).waitFor();
  });

  it('marks a deploy on every chart: read and opened by keyboard, told in the table, put away and deleted', async () => {
    await postTo(system, '/annotations', { text: 'Deploy 4.2', tags: ['deploy'], at: Date.now() - 4 * MINUTE });
    await page.goto(system.api);
    const chart = page.getByRole('group', { name: /^Messages/ });
    const flag = chart.getByRole('button', { name: /^Deploy: Deploy 4.2/ });
    await flag.waitFor();
    await flag.focus();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const details = page.getByRole('dialog', { name: 'What happened' });
    await details.getByText('Deploy 4.2').waitFor();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
    await chart.getByRole('button', { name: 'Messages as a table' }).click();
    await chart.getByRole('region', { name: 'Messages, table' }).getByText('Deploy: Deploy 4.2').waitFor();
    await chart.getByRole('button', { name: 'Messages as a chart' }).click();
    await chart.getByRole('button', { name: 'Mark what happened in Messages' }).click();
    await flag.waitFor({ state: 'detached' });
    await chart.getByRole('button', { name: 'Mark what happened in Messages' }).click();
    await flag.click();
    await details.getByRole('button', { name: 'Delete' }).click();
    await flag.waitFor({ state: 'detached' });
  });

  it('marks a moment from the palette', async () => {
    await page.goto(system.api);
    await page.getByRole('group', { name: /^Messages/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill('mark a moment');
    await page.getByRole('option', { name: 'Mark a moment on charts' }).click();
    const dialog = page.getByRole('dialog', { name: 'Mark a moment on charts' });
    await dialog.getByLabel('What happened').fill('Switched the model');
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Mark it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page
      .getByRole('group', { name: /^Messages/ })
      .getByRole('button', { name: /Switched the model/ })
      .waitFor();
  });

  it('shows how an agent was over time, by keyboard and as a table', async () => {
    await page.goto(`${system.api}/agents/busier?range=1h`);
    const chart = page.getByRole('group', { name: 'Status and alerts' });
    await chart.getByRole('img', { name: /^Status and alerts\. Now: Status/ }).focus();
    for (let steps = 0; steps < 5; steps++) await page.keyboard.press('ArrowLeft');
    await chart
      .locator('[aria-live]')
      .getByText(/Status (Active|Online|Offline)/)
      .waitFor({ state: 'attached' });
    expect(await violationsOf(page)).toEqual([]);
    await chart.getByRole('button', { name: 'Status and alerts as a table' }).click();
    await chart.getByRole('cell', { name: 'Active' }).first().waitFor();
    await chart.getByRole('cell', { name: 'Offline' }).first().waitFor();
    await page.setViewportSize({ width: 375, height: 812 });
    await chart.getByRole('button', { name: 'Status and alerts as a chart' }).click();
    await chart.getByRole('img').waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('shows it on a dashboard, of several agents', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    const { id } = await postTo<Dashboard>(system, '/dashboards', { name: 'Night watch', panels: [] });
    await page.goto(`${system.api}/dashboards/${id}?range=1h`);
    await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    await page.getByRole('button', { name: 'Add status' }).click();
    const dialog = page.getByRole('dialog', { name: 'New panel' });
    for (const agent of ['busier', 'steady']) {
      await dialog.getByRole('combobox', { name: 'Agents', exact: true }).fill(agent);
      await dialog.getByRole('combobox', { name: 'Agents', exact: true }).press('Enter');
    }
    await dialog.getByRole('img', { name: /Now: busier .*, steady / }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add the panel' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).first().waitFor();
    await page.getByRole('img', { name: /^Status\. Now: busier/ }).waitFor();
    expect((await page.request.get(`${system.api}/api/v1/dashboards/${id}/report.pdf`)).status()).toBe(200);
    expect(there.complaints).toEqual([]);
  });
});
