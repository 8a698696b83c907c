import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Claimed } from '@fleetbeat/contracts/task-leases.ts';
import type { Workflow } from '@fleetbeat/contracts/workflows.ts';
import { postTo } from './post-to.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** A workflow watched and cancelled, and measures explored, in a browser before a real system. */
const ROOT = join(import.meta.dirname, '..');
const TEMPLATE = {
  name: 'Weekly report',
  tasks: [
    { key: 'fetch', name: 'Fetch the figures' },
    { key: 'draw', name: 'Draw the charts', depends_on: ['fetch'] },
    { key: 'write', name: 'Write the text', depends_on: ['fetch'] },
    { key: 'send', name: 'Send it', depends_on: ['draw', 'write'] },
  ],
};

describeInBrowser('workflows and explore', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;
  let agent: string;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const trace = join(ROOT, 'agents-simulator/data/azure-llm-2023-code.csv');
    await system.simulate(`--trace ${trace} --speed max --agents 3 --hosts 1 --seed 3`);
    // Accepted is not yet counted.
    agent = await vi.waitFor(firstAgent, { timeout: 30_000, interval: 200 });
    page = await there.newPage();
    await signInByLink(page, system);
  });
  afterAll(async () => {
    await there?.stop();
  });

  async function firstAgent(): Promise<string> {
    const { items } = await system.get<{ items: { agent_id: string }[] }>('/agents?limit=1');
    const [first] = items;
    if (first === undefined) throw new Error('no agent is known yet');
    return first.agent_id;
  }

  it('runs a template, and shows its tasks in the order in which they wait', async () => {
    await postTo(system, '/workflow-templates', TEMPLATE);
    await page.goto(`${system.api}/workflows/templates`);
    await page.getByRole('button', { name: 'Run Weekly report' }).click();
    await page.getByLabel('Name of the run').fill('Report of this week');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('heading', { name: 'Report of this week' }).waitFor();
    const graph = page.getByRole('region', { name: /^Tasks, each right of/ });
    await graph.getByRole('link', { name: /Send it.*after Draw the charts, Write the text/ }).waitFor();
    const left = async (name: RegExp) => (await graph.getByRole('link', { name }).boundingBox())?.x ?? NaN;
    expect(await left(/^Fetch the figures/)).toBeLessThan(await left(/^Draw the charts/));
    expect(await left(/^Write the text/)).toBeLessThan(await left(/^Send it/));
    await graph.getByRole('link', { name: /^Fetch the figures/ }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/Draw the charts|Write the text/);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('follows what an agent does, in the graph and over time', async () => {
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const path = `/agents/${encodeURIComponent(agent)}/tasks`;
    const own = await claimOf(id, path);
    await postTo(system, `${path}/${encodeURIComponent(own.task.task_id)}/complete`, {
      lease_token: own.lease.lease_token,
    });
    await page.getByText('1 of 4 done').waitFor();
    await page.getByRole('link', { name: /^Fetch the figures Completed/ }).waitFor();
    await page.getByRole('button', { name: 'Timeline' }).click();
    await page.getByText(new RegExp(`^Attempt 1 by ${agent}: completed`)).waitFor({ state: 'attached' });
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'List' }).click();
    await page.getByRole('cell', { name: 'Draw the charts, Write the text' }).waitFor();
  });

  it('tells on the overview how far it is, what the tasks do and that the engines are well', async () => {
    const ofWorkflow = page.url();
    await page.goto(`${system.api}/`);
    const workflow = page
      .getByRole('region', { name: /^Workflows/ })
      .getByRole('listitem')
      .filter({ hasText: 'Report of this week' });
    await workflow.getByText('1 of 4 done').waitFor();
    const tasks = page.getByRole('region', { name: 'Tasks', exact: true });
    const now = async (status: string) =>
      Number(await tasks.getByRole('row', { name: status }).getByRole('cell').first().innerText());
    const before = await now('Pending');
    expect(before).toBeGreaterThan(0);
    await postTo(system, '/tasks', { name: 'Order the figures' });
    await expect.poll(() => now('Pending'), { timeout: 10_000 }).toBe(before + 1);
    await page.keyboard.press('End');
    const engines = page.getByRole('region', { name: 'Engines' });
    await engines.getByText('Postgres, embedded').waitFor();
    expect(await engines.getByText('cannot be used').count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await workflow.getByRole('link').click();
    await page.getByRole('heading', { name: 'Report of this week' }).waitFor();
    await page.goto(ofWorkflow);
  });

  /** Takes tasks until one is of the workflow; the board holds those of the simulated fleet too. */
  async function claimOf(workflowId: string, path: string) {
    for (;;) {
      const claimed = await postTo<Claimed>(system, `${path}/claim`, { limit: 100 });
      const own = claimed.items.find(({ task }) => task.workflow_id === workflowId);
      if (own !== undefined) return own;
      if (claimed.items.length === 0) throw new Error('no task of the workflow is ready');
    }
  }

  it('cancels it after asking, and finds it by its status', async () => {
    await page.getByRole('button', { name: 'Cancel the workflow' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^3 tasks of/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel the workflow' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    // The tasks are shown as cancelled as soon as they are; the workflow follows.
    const cancelled = async () => (await system.get<{ items: Workflow[] }>('/workflows?status=cancelled')).items;
    await expect.poll(async () => (await cancelled()).map(({ name }) => name)).toContain('Report of this week');
    await page.goto(`${system.api}/workflows`);
    await page.getByRole('button', { name: 'Cancelled' }).click();
    await page.getByRole('link', { name: 'Report of this week' }).waitFor();
    await page.waitForURL(/[?&]status=cancelled/);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('explores a measure by model beside the hour before, in an address to share', async () => {
    await page.goto(`${system.api}/explore?range=1h`);
    await page.getByRole('combobox', { name: 'Of', exact: true }).selectOption('model');
    await page.getByRole('combobox', { name: 'Measure', exact: true }).selectOption('total_responses');
    await page.getByRole('switch', { name: 'Compare with the period before' }).click();
    await page.getByRole('group', { name: /^Responses by model/ }).waitFor();
    await page.getByText('Dashed: the hour before.').waitFor();
    await page.getByRole('columnheader', { name: 'Before' }).waitFor();
    const shared = page.url();
    expect(Object.fromEntries(new URL(shared).searchParams)).toEqual({
      range: '1h',
      set: 'model',
      measure: 'total_responses',
      compare: '1',
    });
    const shown = await page.locator('.totals tbody').innerText();
    const file = await page.getByRole('link', { name: 'Download what is shown as CSV' }).getAttribute('href');
    const answer = await page.request.get(new URL(file ?? '', system.api).href);
    expect(answer.status()).toBe(200);
    const first = shown.split(/\s/)[0] ?? '';
    expect(first).not.toBe('');
    expect(await answer.text()).toContain(first);
    expect(await violationsOf(page)).toEqual([]);
    await page.goto('about:blank');
    await page.goto(shared);
    await page.getByRole('columnheader', { name: 'Before' }).waitFor();
  });

  it('shows how response times spread, by keyboard and in words, and puts a chart on a dashboard', async () => {
    await page.goto(`${system.api}/explore?range=1h&as=heat`);
    const heat = page.getByRole('img', { name: /^Response times of the fleet/ });
    await heat.locator('canvas').waitFor();
    await heat.focus();
    await page.keyboard.press('ArrowUp');
    await page.getByText(/ took .+ to /).waitFor();
    await page.getByRole('button', { name: 'Response times of the fleet as a table' }).click();
    await page.getByRole('columnheader', { name: 'Slowest took' }).waitFor();
    expect(
      await page
        .getByRole('region', { name: /table$/ })
        .getByRole('row')
        .count(),
    ).toBeGreaterThan(1);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Areas' }).click();
    await page.getByRole('button', { name: 'Add to a dashboard' }).click();
    await page.getByRole('combobox', { name: 'Dashboard', exact: true }).selectOption('');
    await page.getByRole('button', { name: 'Add the panel' }).click();
    await page.getByRole('link', { name: 'Messages of the fleet' }).click();
    await page.getByRole('heading', { name: 'Messages of the fleet', level: 1 }).waitFor();
  });

  it('leads from the models to what is explored of one', async () => {
    await page.goto(`${system.api}/models?range=1h`);
    const row = page.getByRole('region', { name: 'Models, table' }).getByRole('rowheader').first();
    const name = await row.innerText();
    await page.getByRole('group', { name: /^Cost US dollars/ }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await row.getByRole('link').click();
    await page.getByRole('group', { name: `Cost of ${name}`, exact: false }).waitFor();
    expect(there.complaints).toEqual([]);
  });
});
