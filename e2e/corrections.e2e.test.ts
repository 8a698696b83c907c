import type { DeadLetter, List } from '@fleetbeat/contracts/api.ts';
import type { Channel } from '@fleetbeat/contracts/channels.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addPerson } from './seed-incidents.ts';
import { seedTrouble } from './seed-trouble.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

const WITHIN = { timeout: 30_000 };

/** What went wrong is put right, by keyboard, before a real system. */
describeInBrowser('what went wrong', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    await addPerson(system, 'Ann Moreau', 'admin');
    await seedTrouble(system);
    page = await there.newPage();
    await signInByPassword(page, system, 'ann');
  });
  afterAll(async () => {
    expect(there?.complaints).toEqual([]);
    await there?.stop();
  });

  async function channel(name: string): Promise<Channel> {
    const { items } = await system.get<List<Channel>>('/channels');
    const found = items.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  it('is said of a channel in plain words', async () => {
    await page.goto(`${system.api}/settings/deliveries?state=dead`);
    await page.getByText(/^The host name tickets\.example\.invalid (is unknown|could not be looked up)/i).waitFor();
  });

  it('is a channel that somebody else has changed: nothing typed is lost, and whose stays is asked', async () => {
    await page.goto(`${system.api}/settings/channels`);
    const edit = page.getByRole('button', { name: 'Edit: Team mail' });
    await edit.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    // One begins at the first field, not at the cross.
    await dialog.getByLabel('Name').and(page.locator(':focus')).waitFor();
    await dialog.getByLabel('Name').fill('Team mail, by Ann');
    const { id } = await channel('Team mail');
    const theirs = await fetch(`${system.api}/api/v1/channels/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
      body: JSON.stringify({ name: 'Team mail, by somebody else' }),
    });
    expect(theirs.status).toBe(200);
    await page.keyboard.press('Enter');
    await dialog.getByText('Somebody else has changed this channel meanwhile.').waitFor();
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Team mail, by Ann');
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Replace theirs' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await channel('Team mail, by Ann');
  });

  it('gives the focus back to what has opened a dialog', async () => {
    await page.getByRole('button', { name: 'Delete: Ticket system' }).focus();
    await page.keyboard.press('Enter');
    // What cannot be undone takes more than Enter.
    await page.getByRole('button', { name: 'Leave it' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete: Ticket system' }).and(page.locator(':focus')).waitFor();
  });

  it('is a dead letter, which is corrected and counted', async () => {
    const letters = async () => (await system.get<List<DeadLetter>>('/dead-letters')).items;
    await expect.poll(async () => (await letters()).length, WITHIN).toBeGreaterThan(1);
    await page.goto(`${system.api}/pipeline`);
    await page.getByRole('button', { name: /response_time_ms/ }).press('Enter');
    await page.getByRole('button', { name: 'Correct it and put it in again' }).press('Enter');
    const event = page.getByLabel('The event as it should have been');
    await event.and(page.locator(':focus')).waitFor();
    await event.fill('{"agent_id": "crawler-7"');
    await page.getByRole('button', { name: 'Put it in again', exact: true }).press('Enter');
    await page.getByText(/^This is not JSON/).waitFor();
    await event.fill('{"agent_id": "crawler-7", "message_type": "agent_response", "response_time_ms": "slow"}');
    await page.getByRole('button', { name: 'Put it in again', exact: true }).press('Enter');
    await page.getByRole('alert').filter({ hasText: 'response_time_ms' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await event.fill('{"agent_id": "crawler-7", "message_type": "agent_response", "response_time_ms": 340}');
    await page.getByRole('button', { name: 'Put it in again', exact: true }).press('Enter');
    await page.getByText(/^Put in again/).waitFor();
    await expect.poll(async () => (await letters()).filter((letter) => letter.replayed_at !== null).length, WITHIN).toBe(1);
  });
});
