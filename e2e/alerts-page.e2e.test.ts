import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import { expectAccessible } from './expect-accessible.ts';
import { sendEvents } from './send-events.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';

/** Alerts and rules in a real browser, before a real system. */
/** An agent of which nothing was known, until the next cut of its source. */
const FIRES_WITHIN = 40_000;
const RULE: RuleInput = {
  kind: 'threshold',
  name: 'Too many errors',
  watch: { set: 'agent' },
  measure: 'error_rate',
  error: { threshold: 0.5 },
};

describeInBrowser('the pages of alerts and rules', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    page = await there.newPage();
    await signInByLink(page, system);
  });
  afterAll(async () => {
    await there?.stop();
  });

  async function post(url: string, body: unknown): Promise<unknown> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
      body: JSON.stringify(body),
    });
    expect(response.status).toBeLessThan(300);
    return response.json();
  }

  const expectAccessibleAlerts = () =>
    expectAccessible(page, async () => {
      await page.reload();
      await page.locator('tbody tr').first().waitFor();
    });

  it('shows an alert as soon as it fires, and who is on it', async () => {
    const { id } = (await post(`${system.api}/api/v1/rules`, RULE)) as { id: string };
    await page.goto(`${system.api}/alerts?rule=${id}`);
    await page.getByText('This rule has not raised any alert so far.').waitFor();
    await sendEvents(
      system,
      Array.from({ length: 5 }, () => ({ agent_id: 'broken-agent', message_type: 'error', content: 'no' })),
    );
    const row = page.getByRole('row', { name: /broken-agent/ });
    await row.waitFor({ timeout: FIRES_WITHIN });
    await row.getByRole('cell', { name: 'Error firing' }).waitFor();
    expect(await row.getByRole('cell', { name: '100%' }).count()).toBe(1);
    expect(await row.getByRole('link', { name: 'broken-agent' }).getAttribute('href')).toBe('/agents/broken-agent');

    await row.getByRole('button', { name: /^Acknowledge/ }).click();
    await row.getByRole('cell', { name: /, (just now|\d+ s ago)$/ }).waitFor();
    const acknowledged = async () => {
      const { items } = await system.get<{ items: { key: string; acknowledged_at: number | null }[] }>('/alerts?state=firing');
      return items.find(({ key }) => key === 'broken-agent')?.acknowledged_at;
    };
    await expect.poll(acknowledged).toEqual(expect.any(Number));
    await expectAccessibleAlerts();

    await page.getByRole('button', { name: /^Pending/ }).click();
    await page.getByText('No alert is pending.').waitFor();
    expect(page.url()).toContain('state=pending');
  });

  it('says what the rule watches, changes it, switches it off and deletes it', async () => {
    await page.goto(`${system.api}/rules`);
    await page.getByText('Error rate of any agent over 5 minutes: error above 50%').waitFor();
    await expectAccessibleAlerts();
    await page.getByRole('link', { name: RULE.name, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: RULE.name }).waitFor();
    await page.getByRole('row', { name: /broken-agent/ }).waitFor();
    await expectAccessibleAlerts();

    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.getByLabel(/^Error,/).fill('0.25');
    await page.getByRole('button', { name: 'Save the rule' }).click();
    await page.getByText('error above 25%').waitFor();

    await page.getByRole('switch').click();
    await page.getByText('version 3').first().waitFor();
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('false');

    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete the rule' }).click();
    await page.getByRole('heading', { level: 1, name: 'Rules' }).waitFor();
    await expect.poll(() => page.getByRole('link', { name: RULE.name, exact: true }).count()).toBe(0);
    expect(there.complaints).toEqual([]);
  });
});
