import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent, AgentSessions, Host, List } from '@fleetbeat/contracts/api.ts';
import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { expectAccessible, PHONE } from './expect-accessible.ts';
import { postTo } from './post-to.ts';
import { addPerson } from './seed-incidents.ts';
import { sendEvents } from './send-events.ts';
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
    await sendEvents(
      system,
      ['worker-1', 'worker-2'].map((id) => ({ agent_id: id, message_type: 'agent_response' })),
    );
    page = await there.newPage();
    await signInByLink(page, system);
    await page.goto(`${system.api}/agents`);
    await page.getByRole('link', { name: 'worker-1' }).click();
    await page.getByRole('heading', { level: 1, name: 'worker-1' }).waitFor();
  });
  afterAll(async () => {
    await there?.stop();
  });

  const headers = () => ({ 'content-type': 'application/json', authorization: `Bearer ${system.key}` });
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

  it('show what goes wrong with them, their tasks as they change, and their sessions', async () => {
    const host = (await system.get<List<Host>>('/hosts')).items[0]?.host_id ?? '';
    const of = (session_id: string, more: object) => ({ agent_id: 'worker-1', session_id, host_id: host, ...more });
    await sendEvents(system, [
      of('talk-1', { message_type: 'user_message', user_id: 'ann', content: 'Where is my invoice?' }),
      of('talk-1', { message_type: 'error', error_details: 'no such invoice', user_id: 'ann' }),
      of('talk-2', { message_type: 'error', error_details: 'the bank is closed', token_count: 700 }),
    ]);
    const task = await postTo<Task>(system, '/tasks', {
      name: 'Reconcile the books',
      agent_id: 'worker-1',
      status: 'in_progress',
    });
    const rule: RuleInput = {
      kind: 'threshold',
      name: 'Answers are wrong',
      watch: { set: 'agent', keys: ['worker-1'] },
      measure: 'error_rate',
      window: '5m',
      error: { threshold: 0.3 },
    };
    await postTo(system, '/rules', rule);

    await expect
      .poll(async () => (await system.get<AgentSessions>('/agents/worker-1/sessions')).items.length, { timeout: 60_000 })
      .toBe(2);

    await page.goto(`${system.api}/agents/worker-1`);
    await page.getByRole('heading', { name: 'Events' }).scrollIntoViewIfNeeded();
    const tasks = page.getByRole('region', { name: 'Tasks' });
    await tasks.getByRole('link', { name: 'Reconcile the books' }).waitFor();
    await tasks.getByText('In progress').waitFor();
    const done = await fetch(`${system.api}/api/v1/tasks/${task.task_id}`, {
      method: 'PATCH',
      headers: { ...headers(), 'if-match': `"${task.revision}"` },
      body: '{"status": "completed"}',
    });
    expect(done.status).toBe(200);
    await tasks.getByText('Completed').waitFor();
    const incidents = page.getByRole('region', { name: 'Incidents' });
    await incidents.getByRole('link', { name: 'Answers are wrong' }).waitFor({ timeout: 45_000 });
    await incidents.getByText('nobody has it yet').waitFor();

    const sessions = page.getByRole('region', { name: 'Sessions' });
    await sessions.getByRole('button', { name: 'Read the newest sessions' }).click();
    await sessions.getByRole('row', { name: /^talk-1 ann .* 2 1 0$/ }).waitFor();
    await expectAccessible(page, () => sessions.getByRole('link', { name: 'talk-2' }).waitFor());

    const events = page.getByRole('region', { name: 'Events' });
    const listed = () =>
      events
        .getByRole('listitem')
        .filter({ has: page.getByRole('button', { expanded: false }) })
        .count();
    await sessions.getByRole('link', { name: 'talk-1' }).click();
    await expect.poll(listed, { timeout: 15_000 }).toBe(2);
    const shared = page.url();
    expect(new URL(shared).searchParams.get('session')).toBe('talk-1');
    expect(await violationsOf(page)).toEqual([]);
    await events.getByRole('button', { name: /^Show the events of every session/ }).click();
    await expect.poll(listed, { timeout: 15_000 }).toBe(4);
    await page.goto(shared);
    await expect.poll(listed, { timeout: 15_000 }).toBe(2);
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
