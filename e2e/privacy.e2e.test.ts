import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { expectAccessible } from './expect-accessible.ts';
import { addPerson } from './seed-incidents.ts';
import { sendEvents } from './send-events.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';

/** What is kept of what agents send, as an admin says it in a browser, and what comes of it in a real system. */

describeInBrowser('the page of privacy', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    await addPerson(system, 'Ann Moreau', 'admin');
    page = await there.newPage();
    await signInByPassword(page, system, 'ann');
  });
  afterAll(async () => {
    await there?.stop();
  });

  const send = (content: string): Promise<void> =>
    sendEvents(system, [agentMessage({ agent_id: 'desk', user_id: 'user-7', content })]);
  async function contents(): Promise<unknown[]> {
    const answer = await page.request.get(`${system.api}/api/v1/events?limit=100`);
    const { items } = (await answer.json()) as { items: { event: { content: unknown } }[] };
    return items.map(({ event }) => event.content);
  }

  it('shows at once what settings would do and what is wrong with them', async () => {
    await page.goto(`${system.api}/settings/privacy`);
    await page
      .getByRole('row', { name: /^Raw events .*10\.0 GiB at most.*RETENTION_RAW/ })
      .getByRole('cell', { name: '7 days' })
      .waitFor();
    await page
      .getByRole('row', { name: /^Audit log/ })
      .getByRole('cell', { name: 'For ever' })
      .waitFor();
    const stored = page.getByRole('region', { name: 'What would be stored' });
    await stored.getByText('[email]').waitFor();
    await page.getByRole('switch', { name: 'E-mail addresses' }).click();
    await stored.getByText('jane@example.com').waitFor();
    await page.getByRole('switch', { name: 'E-mail addresses' }).click();
    await page.getByRole('button', { name: 'Add a pattern' }).click();
    await page.getByLabel('Name of pattern 1').fill('badge');
    await page.getByLabel('Pattern 1', { exact: true }).fill('(a+)\\1');
    await page.getByText(/^The pattern is no pattern of RE2/).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Pattern 1', { exact: true }).fill('BDG-\\d{6}');
    await page.getByLabel('Try it on an event').fill('{"agent_id": "a", "message_type": "error", "content": "BDG-123456"}');
    await stored.getByText('[badge]').waitFor();
    await page.getByLabel('Try it on an event').fill('{"agent_id": ');
    await page.getByText(/^The sample is no JSON/).waitFor();
  });

  it('redacts what comes once it is saved, without a restart', async () => {
    await page.getByRole('switch', { name: 'Redact events before they are stored' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. It holds within seconds.').waitFor();
    await expect
      .poll(
        async () => {
          await send('jane@example.com BDG-123456');
          return contents();
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toContain('[email] [badge]');
    await page.reload();
    await page.getByText(/Changed .* by Ann Moreau/).waitFor();
    expect(await page.getByLabel('Name of pattern 1').inputValue()).toBe('badge');
  });

  it('erases a user, and says what has gone', async () => {
    await page.getByRole('button', { name: 'Erase a user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User id').fill('user-7');
    await dialog.getByLabel('I know that this cannot be undone').check();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Erase the user' }).click();
    const row = page.getByRole('row', { name: 'by Ann Moreau' });
    await row.getByText('Done').waitFor({ timeout: 30_000 });
    await row.getByText(/raw event/).waitFor();
    expect(await contents()).toEqual([]);
    await expectAccessible(page);
    expect(there.complaints).toEqual([]);
  });
});
