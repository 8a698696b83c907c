import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '@fleetbeat/contracts/api.ts';
import { PHONE } from './expect-accessible.ts';
import { addPerson } from './seed-incidents.ts';
import { signInByLink, signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** What people say about agents, in a browser before a real system. */
describeInBrowser('agents', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const response = await fetch(`${system.ingest}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
      body: JSON.stringify(['worker-1', 'worker-2'].map((id) => ({ agent_id: id, message_type: 'agent_response' }))),
    });
    expect(response.status).toBe(200);
    page = await there.newPage();
    await signInByLink(page, system);
    await page.goto(`${system.api}/agents`);
    await page.getByRole('link', { name: 'worker-1' }).click();
    await page.getByRole('heading', { level: 1, name: 'worker-1' }).waitFor();
  });
  afterAll(async () => {
    await there?.stop();
  });

  const agent = () => system.get<Agent>('/agents/worker-1');
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  it('get a name, tags and notes from people', async () => {
    await button('Edit').click();
    const dialog = page.getByRole('dialog', { name: 'Edit worker-1' });
    await dialog.getByLabel('Name').fill('Billing');
    await dialog.getByLabel('Tags').fill('production, billing, , production');
    await dialog.getByLabel('Notes').fill('Talks to the bank.\nAsk Ann first.');
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect((await agent()).name).toBeNull();

    await button('Edit').click();
    await dialog.getByLabel('Name').fill('Billing');
    await dialog.getByLabel('Tags').fill('production, billing, , production');
    await dialog.getByLabel('Notes').fill('Talks to the bank.\nAsk Ann first.');
    await page.keyboard.press('Tab');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'Billing' }).waitFor();
    await page.getByText('Ask Ann first.').waitFor();
    expect(await agent()).toMatchObject({
      name: 'Billing',
      tags: ['production', 'billing'],
      notes: 'Talks to the bank.\nAsk Ann first.',
    });
  });

  it('say which field is refused, and keep what was typed', async () => {
    await button('Edit').click();
    const dialog = page.getByRole('dialog', { name: 'Edit Billing' });
    await dialog.getByLabel('Tags').fill('x'.repeat(65));
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(await dialog.getByLabel('Tags').inputValue()).toBe('x'.repeat(65));
    await page.keyboard.press('Escape');
    expect((await agent()).tags).toEqual(['production', 'billing']);
  });

  it('are paused at once, which is taken back where the server refuses', async () => {
    await page.route('**/api/v1/agents/worker-1', (route) =>
      route.request().method() === 'PATCH' ? route.fulfill({ status: 503, body: '' }) : route.continue(),
    );
    await button('Pause').click();
    await page.getByRole('alert').waitFor();
    await button('Pause').waitFor();
    expect(await page.getByText('Paused', { exact: true }).count()).toBe(0);
    await page.unroute('**/api/v1/agents/worker-1');
    await button('Pause').click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await expect.poll(async () => (await agent()).paused).toBe(true);
  });

  it('are put into the archive, found there, and taken out again', async () => {
    await button('Archive').click();
    await page.getByText('Archived', { exact: true }).waitFor();
    await expect.poll(async () => (await agent()).archived_at).not.toBeNull();
    await page.goto(`${system.api}/agents`);
    await page.getByRole('link', { name: 'worker-2' }).waitFor();
    expect(await page.getByRole('link', { name: 'Billing' }).count()).toBe(0);
    await button('Archived').click();
    await page.getByRole('link', { name: 'Billing' }).waitFor();
    expect(await page.getByRole('link', { name: 'worker-2' }).count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Billing' }).click();
    await button('Take out of the archive').click();
    await button('Archive').waitFor();
    await expect.poll(async () => (await agent()).archived_at).toBeNull();
  });

  it('are only looked at by a viewer, on a phone too', async () => {
    await addPerson(system, 'Vic Tanaka', 'viewer');
    const viewer = await there.newPage({ viewport: PHONE });
    await signInByPassword(viewer, system, 'vic');
    await viewer.goto(`${system.api}/agents/worker-1`);
    await viewer.getByText('Ask Ann first.').waitFor();
    for (const name of ['Edit', 'Pause', 'Resume', 'Archive']) {
      expect(await viewer.getByRole('button', { name, exact: true }).count()).toBe(0);
    }
    expect(await viewer.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(there.complaints).toEqual([]);
  });
});
