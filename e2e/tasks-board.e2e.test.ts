import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { PHONE } from './expect-accessible.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** The board of tasks in two browsers at once, before a real system. */
const NAME = 'Read the contracts';

describeInBrowser('the board of tasks', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let one: Page;
  let other: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    one = await signedIn();
    other = await signedIn();
  });
  afterAll(async () => {
    await there?.stop();
  });

  async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await there.newPage(options);
    await signInByLink(page, system);
    await page.goto(`${system.api}/tasks`);
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  const column = (page: Page, status: string) => page.getByRole('region', { name: status });
  const card = (page: Page, status: string) => column(page, status).getByRole('listitem').filter({ hasText: NAME });

  const menuOf = (page: Page) => page.getByLabel(`Move ${NAME} to`);

  async function onlyTask(): Promise<Task> {
    const { items } = await system.get<{ items: Task[] }>('/tasks');
    const [task] = items;
    if (task === undefined) throw new Error('there is no task');
    return task;
  }

  it('shows a task that one person makes to the other', async () => {
    await one.getByRole('heading', { name: 'No tasks yet' }).waitFor();
    await one.getByRole('button', { name: 'New task' }).click();
    await one.getByLabel('Name', { exact: true }).fill(NAME);
    await one.getByRole('button', { name: 'Make the task' }).click();
    await card(one, 'Pending').waitFor();
    await card(other, 'Pending').waitFor();
    expect(await violationsOf(other)).toEqual([]);
  });

  it('shows a task that is dragged in one browser in its new column in the other', async () => {
    const from = await card(one, 'Pending').boundingBox();
    const to = await column(one, 'In progress').boundingBox();
    if (from === null || to === null) throw new Error('the board is not shown');
    await one.mouse.move(from.x + 40, from.y + from.height - 8);
    await one.mouse.down();
    await one.mouse.move(from.x + 80, from.y + from.height, { steps: 5 });
    await one.mouse.move(to.x + to.width / 2, to.y + 60, { steps: 10 });
    await one.locator('section.outline-accent').waitFor();
    await one.mouse.up();
    await card(one, 'In progress').waitFor();
    await card(other, 'In progress').waitFor();
    await expect.poll(async () => (await onlyTask()).status).toBe('in_progress');
  });

  it('moves a task by keyboard, and offers only what may follow', async () => {
    await card(other, 'In progress').getByRole('button', { name: 'Move to' }).focus();
    await other.keyboard.press('Enter');
    const menu = menuOf(other);
    await menu.waitFor();
    expect(await menu.getByRole('button').allInnerTexts()).toEqual(['Pending', 'Completed', 'Failed', 'Cancelled']);
    await menu.getByRole('button', { name: 'Completed' }).focus();
    await other.keyboard.press('Enter');
    await card(one, 'Completed').waitFor();
    // Whoever moved it goes on from where it is.
    await card(other, 'Completed').locator('button:focus').waitFor();
  });

  it('takes a move back that the server refuses, and says why', async () => {
    await one.route('**/api/v1/tasks/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      // As if somebody else had been first.
      return route.continue({ headers: { ...route.request().headers(), 'if-match': '"0"' } });
    });
    await card(one, 'Completed').getByRole('button', { name: 'Move to' }).click();
    await menuOf(one).getByRole('button', { name: 'Pending' }).click();
    await one.getByText(`“${NAME}” stays completed: somebody else has changed it meanwhile.`).waitFor();
    await card(one, 'Completed').waitFor();
    expect((await onlyTask()).status).toBe('completed');
  });

  it('shows one column at a time on a phone, where a task is moved by its menu', async () => {
    const phone = await signedIn({ viewport: PHONE, hasTouch: true, isMobile: true });
    const columns = phone.getByRole('group', { name: 'Column' });
    await card(phone, 'Completed').getByRole('button', { name: 'Move to' }).tap();
    await menuOf(phone).getByRole('button', { name: 'Pending' }).tap();
    await column(phone, 'Completed').getByText('None').waitFor();
    await expect.poll(async () => (await onlyTask()).status).toBe('pending');
    // Whoever moved it finds the way to where it is.
    expect(await columns.locator('button:focus').textContent()).toMatch(/Pending\s+1/);
    await columns.getByRole('button', { name: 'Pending' }).tap();
    await card(phone, 'Pending').waitFor();
    expect(await violationsOf(phone)).toEqual([]);
    await phone.context().close();
  });

  it('tells on the page of the task who changed what', async () => {
    await other.getByRole('link', { name: NAME, exact: true }).click();
    await other.getByRole('heading', { level: 1, name: NAME }).waitFor();
    await other.getByText('status: pending → in progress').waitFor();
    await other.getByText('status: in progress → completed').waitFor();
    expect(await violationsOf(other)).toEqual([]);
    expect(there.complaints).toEqual([]);
  });
});
