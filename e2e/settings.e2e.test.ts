import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import { expectAccessible } from './expect-accessible.ts';
import { addPerson, PASSWORD } from './seed-incidents.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';

/** What an installation is run by, in the browsers of an admin and of whoever she invites, before a real system. */

describeInBrowser('the pages of settings', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  /** Ann is an admin, Vic may only look. */
  let ann: Page;
  let vic: Page;
  const received: IncomingMessage[] = [];
  let status = 200;
  const hook = createServer((request, response) => {
    received.push(request);
    request.resume().on('end', () => response.writeHead(status).end('as told'));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    there = await startWithBrowser({ NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
    ({ system } = there);
    await addPerson(system, 'Ann Moreau', 'admin');
    ann = await there.newPage();
    await signInByPassword(ann, system, 'ann');
  });
  afterAll(async () => {
    await there?.stop();
    hook.close();
  });

  const tab = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name }).click();
  const dialog = (page: Page) => page.getByRole('dialog');
  const row = (page: Page, name: string) => page.getByRole('row', { name });

  it('add a channel, say what is wrong with it, and try it out', async () => {
    await ann.keyboard.press('g');
    await ann.keyboard.press('e');
    await tab(ann, 'Channels');
    await ann.getByRole('button', { name: 'Add the first one' }).click();
    await dialog(ann).getByLabel('Name').fill('On call');
    await dialog(ann).getByLabel('Address').fill('ftp://example.org');
    await dialog(ann).getByLabel('Signing secret').fill('a secret that both know');
    await dialog(ann).getByRole('button', { name: 'Save' }).click();
    await dialog(ann).getByText('must be an http or https address').waitFor();
    await dialog(ann)
      .getByLabel('Address')
      .fill(`http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`);
    await dialog(ann).getByRole('button', { name: 'Save' }).click();
    await row(ann, 'On call').getByRole('cell', { name: 'Not used yet' }).waitFor();

    await ann.getByRole('button', { name: 'Test: On call' }).click();
    await ann.getByText(/^Delivered in .*, answered 200\.$/).waitFor();
    await row(ann, 'On call').getByRole('cell', { name: 'Delivers' }).waitFor();
    expect(received[0]?.headers['fleetbeat-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);

    // The secret stays as it is where nobody writes another, and is not shown.
    await ann.getByRole('button', { name: 'Edit: On call' }).click();
    expect(await dialog(ann).getByLabel('Signing secret', { exact: false }).first().inputValue()).toBe('');
    await dialog(ann).getByLabel('Name').fill('Night shift');
    await expectAccessible(ann);
    await dialog(ann).getByRole('button', { name: 'Save' }).click();
    await row(ann, 'Night shift').waitFor();
    status = 404;
    await ann.getByRole('button', { name: 'Test: Night shift' }).click();
    await ann.getByText('Not delivered: it answers 404: as told').waitFor();
    expect(received[1]?.headers['fleetbeat-signature']).toBeDefined();
    await expectAccessible(ann);
  });

  it('show what was told, and try again what was given up', async () => {
    await ann.getByRole('link', { name: '1 given up' }).first().click();
    await ann.getByRole('button', { name: 'Try again: Fleetbeat reaches you here' }).waitFor();
    await ann.getByRole('button', { name: /^(?!Try).*Fleetbeat reaches you here$/ }).click();
    await dialog(ann).getByText('refused for good: it answers 404: as told').waitFor();
    await expectAccessible(ann);
    await ann.keyboard.press('Escape');
    status = 200;
    await ann.getByRole('button', { name: 'Try again: Fleetbeat reaches you here' }).click();
    await ann.getByText('It is tried again.').waitFor();
    await ann.getByText('No delivery matches.').waitFor({ timeout: 20_000 });
    await ann.getByRole('link', { name: 'Show all' }).click();
    await vi.waitFor(async () => expect(await ann.getByRole('cell', { name: 'Delivered' }).count()).toBe(2), 20_000);
  });

  it('make a key that works, and revoke it', async () => {
    await tab(ann, 'Keys');
    await ann.getByRole('button', { name: 'Make a key' }).click();
    await dialog(ann).getByLabel('Name').fill('Reader');
    await dialog(ann).getByLabel('Send events').uncheck();
    await dialog(ann).getByRole('button', { name: 'Make the key' }).click();
    await dialog(ann).getByText('must name a scope').waitFor();
    await dialog(ann).getByLabel('Read as a viewer').check();
    await dialog(ann).getByRole('button', { name: 'Make the key' }).click();
    const key = await dialog(ann).getByRole('region', { name: 'The key' }).innerText();
    await dialog(ann).getByRole('button', { name: 'I have it' }).click();
    const ask = async (path: string) =>
      (await fetch(`${system.api}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await ask('/agents')).toBe(200);
    expect(await ask('/channels')).toBe(403);

    await row(ann, 'Reader').getByText('Works').waitFor();
    await expectAccessible(ann);
    await ann.getByRole('button', { name: 'Revoke: Reader' }).click();
    await dialog(ann).getByRole('button', { name: 'Revoke the key' }).click();
    await row(ann, 'Reader').getByText('Revoked').waitFor();
    await vi.waitFor(async () => expect(await ask('/agents')).toBe(401), 10_000);
  });

  it('invite somebody, who may see no more than their own account', async () => {
    await tab(ann, 'People');
    await ann.getByRole('button', { name: 'Invite somebody' }).click();
    await dialog(ann).getByLabel('Name').fill('Vic Tanaka');
    await dialog(ann).getByLabel('E-mail').fill('vic@example.org');
    await dialog(ann).getByRole('button', { name: 'Make the link' }).click();
    const link = await dialog(ann).getByRole('region', { name: 'The link' }).innerText();
    await dialog(ann).getByRole('button', { name: 'I have it' }).click();
    await row(ann, 'Vic Tanaka').getByText('Viewer').first().waitFor();
    await expectAccessible(ann);

    vic = await there.newPage();
    await vic.goto(link);
    await vic.getByLabel(/^Password/).fill(PASSWORD);
    await vic.getByRole('button', { name: 'Set it' }).click();
    await vic.getByText('Your password is set').waitFor();
    await signInByPassword(vic, system, 'vic');
    await vic.goto(`${system.api}/settings`);
    await vic.getByRole('heading', { name: 'Vic Tanaka' }).waitFor();
    expect(await vic.getByRole('navigation', { name: 'Settings' }).getByRole('link').allInnerTexts()).toEqual(['Account']);
    for (const [path, words] of [
      ['channels', 'Channels are for operators and administrators.'],
      ['keys', 'Keys are for administrators.'],
      ['privacy', 'Privacy is for administrators.'],
      ['audit', 'The audit log is for administrators.'],
    ] as const) {
      await vic.goto(`${system.api}/settings/${path}`);
      await vic.getByText(words).waitFor();
      expect(await vic.locator('main').getByRole('button').count()).toBe(0);
    }
  });

  it('let people change their own account, and an admin shut them out', async () => {
    await vic.goto(`${system.api}/settings`);
    await vic.getByLabel('Name').fill('Victor Tanaka');
    await vic.getByRole('button', { name: 'Save' }).click();
    await vic.getByRole('heading', { name: 'Victor Tanaka' }).waitFor();
    await vic.getByLabel('Password', { exact: true }).fill('not it at all');
    await vic.getByRole('button', { name: 'Set it up' }).click();
    await vic.getByRole('alert').first().waitFor();
    await vic.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await vic.getByRole('button', { name: 'Set it up' }).click();
    await vic.getByAltText(/^Code to scan/).waitFor();
    await vic.getByText(/otpauth:\/\/totp/).waitFor();
    await expectAccessible(vic);

    await ann.reload();
    await ann.getByRole('button', { name: 'Disable: Victor Tanaka' }).click();
    await ann.getByText('Victor Tanaka is changed.').waitFor();
    await vic.reload();
    await vic.getByRole('heading', { name: 'Sign in to Fleetbeat' }).waitFor();
  });

  it('show who changed what, without any secret', async () => {
    await tab(ann, 'Audit log');
    await ann.getByLabel('What was changed', { exact: true }).selectOption('channel');
    await ann.getByRole('button', { name: 'Added a channel' }).click();
    await ann.getByRole('row', { name: 'secrets.signing_secret – ***', exact: true }).waitFor();
    const { items } = await system.get<List<{ id: string; name: string }>>('/channels');
    const added = ann.getByRole('row', { name: /^Added a channel/ });
    const named = added.getByRole('link', { name: items[0]?.name ?? 'a channel', exact: true });
    expect(await named.getAttribute('href')).toBe('/settings/channels');
    await ann.getByText(items[0]?.id ?? 'an id', { exact: true }).waitFor();
    expect(await ann.locator('main').innerText()).not.toContain('a secret that both know');
    await expectAccessible(ann);
    const [download] = await Promise.all([
      ann.waitForEvent('download'),
      ann.getByRole('link', { name: 'Download the audit log as CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines[0]).toContain('entity_type');
    // Added, changed: tests and deliveries are no changes of the channel.
    expect(lines.slice(1).every((line) => line.includes('channel'))).toBe(true);
    expect(lines).toHaveLength(3);
    expect(there.complaints).toEqual([]);
  });
});
