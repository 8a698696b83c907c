import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { postTo } from './post-to.ts';
import { sendEvents } from './send-events.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** An agent suggests, one person decides and another sees it, before a real system. */
const AGENT = 'crawler-7';
const PASSWORD = 'correct horse battery';

describeInBrowser('suggestions', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let operator: Page;
  let viewer: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    // One that had a heartbeat would be missed, and told of, in the middle of all this.
    await sendEvents(system, [{ agent_id: AGENT, message_type: 'agent_response' }]);
    await vi.waitFor(
      async () => {
        const { items } = await system.get<{ items: { agent_id: string }[] }>('/agents');
        expect(items.map((agent) => agent.agent_id)).toEqual([AGENT]);
      },
      { timeout: 30_000, interval: 200 },
    );
    operator = await signedIn('operator');
    viewer = await signedIn('viewer');
  });
  afterAll(async () => {
    await there?.stop();
  });

  const post = <T>(path: string, body: object): Promise<T> => postTo<T>(system, path, body);

  async function signedIn(role: 'operator' | 'viewer'): Promise<Page> {
    const email = `${role}@example.org`;
    const { url } = await post<{ url: string }>('/invitations', { email, name: role, role });
    await post('/auth/password', { token: new URL(url).hash.slice(1), password: PASSWORD });
    const page = await there.newPage();
    const signIn = await page.request.post(`${system.api}/api/v1/auth/sign-in`, {
      data: { email, password: PASSWORD },
      headers: { origin: system.api },
    });
    expect(signIn.status()).toBe(200);
    await page.goto(`${system.api}/suggestions`);
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  const suggest = (action: string, more: object = {}) =>
    post<Suggestion>('/suggestions', { agent_id: AGENT, action, reasoning: 'It is back.', confidence: 0.9, ...more });
  const row = (page: Page, action: string) => page.getByRole('list', { name: 'Suggestions' }).getByRole('link', { name: action });
  const statusOf = async (task: Task) => (await system.get<Task>(`/tasks/${task.task_id}`)).status;

  it('that are approved change the task, and whoever looks on sees it without a reload', async () => {
    await operator.getByRole('heading', { name: 'No agent has suggested anything yet' }).waitFor();
    const task = await post<Task>('/tasks', { name: 'Import the archive', status: 'failed' });
    await suggest('Retry the import', { task_id: task.task_id, effect: { type: 'set_task_status', status: 'pending' } });
    for (const page of [operator, viewer]) await row(page, 'Retry the import').click();
    expect(await violationsOf(operator)).toEqual([]);
    // Whoever may only look is offered nothing to decide.
    await viewer.getByText('It is back.').last().waitFor();
    expect(await viewer.getByRole('button', { name: /^(Approve|Reject|Comment)( |$)/ }).count()).toBe(0);
    expect(await viewer.getByRole('checkbox').count()).toBe(0);

    await operator.getByLabel('Reason').fill('Their source answers again.');
    await operator.getByRole('button', { name: 'Approve', exact: true }).click();
    const detail = viewer.getByRole('article', { name: 'Retry the import' });
    await detail.getByText('“Their source answers again.”').waitFor();
    await detail.getByText('Pending', { exact: true }).waitFor();
    expect(await statusOf(task)).toBe('pending');
  });

  it('that are refused stay, and say why', async () => {
    const task = await post<Task>('/tasks', { name: 'Done already', status: 'completed' });
    await suggest('Cancel it', { task_id: task.task_id, effect: { type: 'set_task_status', status: 'cancelled' } });
    await row(operator, 'Cancel it').click();
    await operator.getByRole('button', { name: 'Approve', exact: true }).click();
    await operator
      .getByRole('alert')
      .getByText(/is not decided: a task that is completed cannot become cancelled/)
      .waitFor();
    await row(operator, 'Cancel it').waitFor();
    expect(await statusOf(task)).toBe('completed');
  });

  it('are decided together', async () => {
    await suggest('Buy a machine');
    await row(operator, 'Buy a machine').waitFor();
    await operator.getByLabel('Choose all that wait').check();
    const bar = operator.getByRole('button', { name: 'Reject 2' });
    await bar.click();
    await operator.getByText('Nothing waits for you').waitFor();
    // They leave the page before the server has said yes.
    const rejecters = async () => {
      const { items } = await system.get<{ items: Suggestion[] }>('/suggestions?status=rejected');
      return items.map(({ rejected_by: by }) => by);
    };
    await expect.poll(rejecters).toEqual(['operator@example.org', 'operator@example.org']);
  });

  it('are talked about, and whoever is mentioned hears of it', async () => {
    await suggest('Talk it over');
    for (const page of [operator, viewer]) await row(page, 'Talk it over').click();
    await operator.getByLabel('Say something').fill('What do you think, @viewer?');
    await operator.getByRole('button', { name: 'Comment' }).click();
    await viewer.getByRole('article', { name: 'operator says' }).getByText('@viewer').waitFor();
    await viewer.getByRole('list', { name: 'New notifications' }).getByText('operator mentions you: Talk it over').waitFor();
    expect(await operator.getByText('operator mentions you').count()).toBe(0);
    expect(there.complaints).toEqual([]);
  });

  it('and what they read is read in their other pages, and by nobody else', async () => {
    const other = await viewer.context().newPage();
    await other.goto(`${system.api}/suggestions`);
    const bell = (page: Page) => page.getByRole('button', { name: /^Notifications/ });
    const isNew = (page: Page) => bell(page).getAttribute('aria-label');
    const before = await isNew(operator);
    expect(before).toMatch(/[1-9]\d* new$/);
    await expect.poll(() => isNew(other)).toMatch(/[1-9]\d* new$/);

    await bell(viewer).click();
    const panel = viewer.getByRole('dialog', { name: 'Notifications' });
    // What the server refuses is not read.
    await viewer.route('**/notifications/read', (route) => route.fulfill({ status: 503, body: '' }));
    await panel.getByRole('button', { name: 'Mark all as read' }).click();
    await panel.getByRole('alert').waitFor();
    expect(await isNew(viewer)).toMatch(/[1-9]\d* new$/);
    await viewer.unroute('**/notifications/read');
    await panel.getByRole('button', { name: 'Mark all as read' }).click();
    for (const page of [viewer, other]) await expect.poll(() => isNew(page), { timeout: 10_000 }).toBe('Notifications, none new');
    const newOf = (label: string | null) => Number(/\d+/.exec(label ?? '')?.[0]);
    expect(newOf(await isNew(operator))).toBeGreaterThanOrEqual(newOf(before));
    await viewer.reload();
    await expect.poll(() => isNew(viewer)).toBe('Notifications, none new');
  });
});
