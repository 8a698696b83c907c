import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { List, Metrics } from '@fleetbeat/contracts/api.ts';
import type { StoredRule } from '@fleetbeat/contracts/rules.ts';
import { postTo } from './post-to.ts';
import { addPerson } from './seed-incidents.ts';
import { DESKTOP, PHONE } from './expect-accessible.ts';
import { sendEvents } from './send-events.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** Rules written in the browser of an operator, and looked at in that of a viewer, before a real system. */
const MINUTE = 60_000;
/** What was sent is stored with the next cut. */
const STORED_WITHIN = 40_000;

describeInBrowser('the editor of rules', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let bea: Page;
  let vic: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const operator = await addPerson(system, 'Bea Okafor', 'operator');
    await addPerson(system, 'Vic Tanaka', 'viewer');
    await callSomebody(operator);
    await sendHistory();
    bea = await signedIn('bea');
    vic = await signedIn('vic');
  });
  afterAll(async () => {
    await there?.stop();
  });

  /** Whatever fires calls one person, who has a channel. */
  async function callSomebody(userId: string): Promise<void> {
    const secrets = { url: 'https://hooks.slack.example/services/x' };
    await postTo(system, '/channels', { type: 'slack', name: 'Bea', owner: userId, secrets });
    const steps = [{ after_s: 0, targets: [{ type: 'user', id: userId }] }];
    const { id } = await postTo<{ id: string }>(system, '/escalations', { name: 'Wake Bea', steps });
    const matchers = [{ label: 'alertname', value: 'Writers fail' }];
    await postTo(system, '/routes', { name: 'Writers', matchers, escalation_id: id });
  }

  /** An agent that failed for ten minutes, half an hour ago, and one that did not. */
  async function sendHistory(): Promise<void> {
    const now = Date.now();
    const events = Array.from({ length: 45 }, (_, minute) =>
      ['writer-1', 'reader-1'].flatMap((agent) =>
        Array.from({ length: 6 }, (__, i) => {
          const failed = agent === 'writer-1' && minute >= 20 && minute < 30;
          const ts = now - (minute + 1) * MINUTE - i * 9_000;
          return { agent_id: agent, ts, message_type: failed ? 'error' : 'agent_response', output_tokens: 10 };
        }),
      ),
    ).flat();
    await sendEvents(system, events);
    const stored = () => system.get<Metrics>(`/fleet/metrics?from=${now - 60 * MINUTE}&step=1m`);
    await vi.waitFor(async () => expect((await stored()).totals.total_messages).toBe(events.length), STORED_WITHIN);
  }

  async function signedIn(name: string): Promise<Page> {
    const page = await there.newPage();
    await signInByPassword(page, system, name);
    return page;
  }

  async function expectAccessible(page: Page): Promise<void> {
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  }

  async function ruleNamed(name: string): Promise<StoredRule | undefined> {
    return (await system.get<List<StoredRule>>(`/rules?q=${encodeURIComponent(name)}`)).items[0];
  }

  it('shows the series and the limit, tells what the rule would have done, and saves it', async () => {
    await bea.goto(`${system.api}/rules`);
    await bea.getByRole('link', { name: 'New rule' }).click();
    await bea.getByRole('img', { name: /^Error rate/ }).waitFor();
    await bea.getByLabel('Tried over').selectOption('1 hour');
    await bea.getByLabel(/^Which/).selectOption('keys');
    await bea.getByLabel('Agents', { exact: true }).fill('writer-1');
    await bea.getByRole('button', { name: 'Add agent' }).click();
    await bea.getByLabel(/^Error,/).fill('7');
    await bea.getByRole('button', { name: 'Save the rule' }).click();
    await bea.getByText('must not be empty').waitFor();
    await bea.getByText(/lies between 0 and 1/).waitFor();

    await bea.getByLabel(/^Name/).fill('Writers fail');
    await bea.getByLabel(/^Error,/).fill('0.5');
    await bea.getByText('error', { exact: true }).waitFor();
    await bea.getByRole('button', { name: 'Would it have fired?' }).click();
    await bea.getByText(/^Would have fired once, paged 1 person once, for \d+ minutes in total\.$/).waitFor();
    await bea.getByText('Called: Bea Okafor (1 time), had nobody acknowledged.').waitFor();
    expect(await bea.locator('.shade').count()).toBe(1);
    await expectAccessible(bea);
    await bea.setViewportSize(PHONE);
    await expectAccessible(bea);
    await bea.setViewportSize(DESKTOP);

    await bea.getByLabel(/^Error,/).fill('0.6');
    await bea.getByText('The rule has changed since: try it again.').waitFor();
    await bea.getByRole('button', { name: 'Save the rule' }).click();
    await bea.getByRole('heading', { level: 1, name: 'Writers fail' }).waitFor();
    expect((await ruleNamed('Writers fail'))?.rule).toMatchObject({ error: { threshold: 0.6 }, watch: { keys: ['writer-1'] } });
    await bea.goto(`${system.api}/rules`);
    await bea.getByRole('link', { name: 'Writers fail', exact: true }).waitFor();
  });

  it('changes a rule, says where somebody else was faster, and what each version was', async () => {
    await bea.getByRole('link', { name: 'Writers fail', exact: true }).click();
    await bea.getByRole('link', { name: 'Edit', exact: true }).click();
    await bea.getByLabel('It is an alert when').selectOption('change');
    await bea.getByLabel('Against the same of').waitFor();
    await bea.getByLabel('It is an alert when').selectOption('liveness');
    await bea.getByLabel('Silent for more than', { exact: true }).fill('90');

    const id = (await ruleNamed('Writers fail'))?.id ?? '';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${system.key}` };
    await fetch(`${system.api}/api/v1/rules/${id}`, { method: 'PATCH', headers, body: '{"owner": "search"}' });
    await bea.getByRole('button', { name: 'Save the rule' }).click();
    await bea.getByText('Somebody else has changed this rule meanwhile.').waitFor();
    await bea.getByRole('button', { name: 'Keep mine, then save' }).click();
    await bea.getByText('Somebody else has changed this rule meanwhile.').waitFor({ state: 'detached' });
    await bea.getByRole('button', { name: 'Save the rule' }).click();
    await bea.getByText('silent_s').waitFor();
    await bea.getByText('Version 2').waitFor();
    expect((await ruleNamed('Writers fail'))?.rule).toMatchObject({ kind: 'liveness', silent_s: 90, owner: null });

    await bea.getByRole('button', { name: 'Put in shadow' }).click();
    await bea.getByRole('button', { name: 'Take out of shadow' }).waitFor();
    await bea.getByRole('link', { name: 'Duplicate' }).click();
    await expect.poll(() => bea.getByLabel(/^Name/).inputValue()).toBe('Writers fail (copy)');
  });

  it('writes all rules into a file, and brings a changed one in after a look at it', async () => {
    await bea.goto(`${system.api}/rules`);
    const download = bea.waitForEvent('download');
    await bea.getByRole('link', { name: 'Export' }).click();
    const path = await (await download).path();
    const rules = await readFile(path, 'utf8');
    expect(rules).toContain('name: Writers fail');

    await bea.getByRole('button', { name: 'Import' }).click();
    const dialog = bea.getByRole('dialog', { name: 'Import rules' });
    const file = dialog.getByLabel('A file as the export writes it');
    const take = (text: string) =>
      file.setInputFiles({ name: 'rules.yaml', mimeType: 'application/yaml', buffer: Buffer.from(text) });
    await take(rules.replace('silent_s: 90', 'silent_s: many'));
    await dialog.getByText(/Line \d+, column \d+: rules\.\d+\.silent_s/).waitFor();
    await take(rules);
    await dialog.getByRole('term').filter({ hasText: 'As they are' }).waitFor();
    expect(await dialog.getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);
    await take(rules.replace('silent_s: 90', 'silent_s: 120'));
    await dialog.getByRole('term').filter({ hasText: 'Changed' }).waitFor();
    await expectAccessible(bea);
    expect((await ruleNamed('Writers fail'))?.rule).toMatchObject({ silent_s: 90 });
    await dialog.getByRole('button', { name: 'Import 1 rule' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await ruleNamed('Writers fail'))?.rule).toMatchObject({ silent_s: 120 });
  });

  it('is closed to a viewer', async () => {
    await vic.goto(`${system.api}/rules`);
    await vic.getByRole('link', { name: 'Writers fail', exact: true }).waitFor();
    expect(await vic.getByRole('link', { name: 'New rule' }).count()).toBe(0);
    expect(await vic.getByRole('button', { name: 'Import' }).count()).toBe(0);
    await vic.getByRole('link', { name: 'Writers fail', exact: true }).click();
    await vic.getByRole('heading', { name: 'Versions' }).waitFor();
    for (const name of ['Edit', 'Duplicate']) expect(await vic.getByRole('link', { name, exact: true }).count()).toBe(0);
    for (const name of ['Delete', 'Take out of shadow']) expect(await vic.getByRole('button', { name }).count()).toBe(0);
    await vic.goto(`${system.api}/rules/new`);
    await vic.getByText('Your access does not cover changing rules.').waitFor();
    await expectAccessible(vic);
  });

  it('and everybody chooses which notifications they see', async () => {
    await vic.getByRole('button', { name: /Notifications/ }).click();
    await vic.getByRole('button', { name: 'Choose what you see' }).click();
    const dialog = vic.getByRole('dialog', { name: 'Which notifications you see' });
    await dialog.getByLabel('Alerts').selectOption('error');
    await dialog.getByLabel('Keep back what is only info').check();
    await dialog.getByLabel('Time zone').fill('Mars/Olympus');
    await expectAccessible(vic);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText(/is no time zone/).waitFor();
    await dialog.getByLabel('Time zone').fill('Europe/Berlin');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await system.get<List<unknown>>('/audit?entity_type=notification_preferences')).items).toHaveLength(1);
    expect(there.complaints).toEqual([]);
  });
});
