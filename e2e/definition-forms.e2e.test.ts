import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Escalation, Schedule } from '@fleetbeat/contracts/on-call.ts';
import type { Inhibition, Route, Stored } from '@fleetbeat/contracts/routing.ts';
import type { Template } from '@fleetbeat/contracts/workflows.ts';
import { addPerson } from './seed-incidents.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** Who is called, and templates of workflows, written in forms by an admin before a real system. */
describeInBrowser('the forms of definitions', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;
  let ids: { ann: string; bea: string };

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    ids = { ann: await addPerson(system, 'Ann Moreau', 'admin'), bea: await addPerson(system, 'Bea Okafor', 'operator') };
    page = await there.newPage();
    await signInByPassword(page, system, 'ann');
  });
  afterAll(async () => {
    await there?.stop();
  });

  const dialog = () => page.getByRole('dialog');
  async function saved(): Promise<void> {
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().waitFor({ state: 'detached' });
  }
  async function stored<T>(path: string, name: string): Promise<T> {
    const { items } = await system.get<List<Stored<T & { name: string }>>>(path);
    const found = items.find(({ definition }) => definition.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found.definition;
  }
  const group = (name: string): Locator => dialog().getByRole('group', { name, exact: true });

  it('write a schedule of two people, show it before it is kept, and say at its field what is refused', async () => {
    // A new one begins with whoever writes it: there is no form before it is known who that is.
    const people = Promise.withResolvers<void>();
    await page.route('**/api/v1/people?*', async (route) => {
      await people.promise;
      await route.continue();
    });
    await page.goto(`${system.api}/on-call`);
    const make = page.getByRole('button', { name: 'New schedule' });
    expect(await make.isDisabled()).toBe(true);
    people.resolve();
    await make.click();
    await page.unroute('**/api/v1/people?*');
    await dialog().getByText('Not whole yet').waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').filter({ hasText: 'must not be empty' }).first().waitFor();
    await dialog().getByLabel('Name').first().fill('Primary');
    await dialog().getByLabel('Time zone').fill('Europe/Berlin');
    const layer = group('Layer 1');
    await layer.getByLabel('Add somebody to layer 1').selectOption({ label: 'Bea Okafor' });
    await layer.getByRole('button', { name: 'Move Bea Okafor up' }).click();
    await layer.getByLabel('Unit of a turn').selectOption('days');
    await layer.getByLabel('First turn on').fill('2026-03-01');
    await dialog().getByText('Somebody is on call all the time.').waitFor();
    await layer.getByLabel('Only at some times').check();
    await dialog()
      .getByText(/^Nobody is on call for .* of these two weeks/)
      .waitFor();
    expect(await violationsOf(page)).toEqual([]);

    // What is written as JSON stands in the form, and the other way round.
    await dialog().getByRole('button', { name: 'JSON', exact: true }).click();
    const json = dialog().getByLabel('The schedule as JSON');
    const written = JSON.parse(await json.inputValue()) as Schedule;
    expect(written.layers[0]?.users).toEqual([ids.bea, ids.ann]);
    await json.fill('{"name": 1}');
    await dialog().getByText('The form shows it once this is in order').waitFor();
    expect(await dialog().getByRole('button', { name: 'Form' }).isDisabled()).toBe(true);
    await json.fill(JSON.stringify({ ...written, layers: written.layers.map((one) => ({ ...one, handoff: '10:30' })) }));
    await dialog().getByRole('button', { name: 'Form' }).click();
    expect(await layer.getByLabel('Handed over at').inputValue()).toBe('10:30');
    await saved();
    expect(await stored<Schedule>('/schedules', 'Primary')).toMatchObject({
      time_zone: 'Europe/Berlin',
      layers: [{ users: [ids.bea, ids.ann], turn: { unit: 'days', count: 1 }, handoff: '10:30', times: [{ from: '22:00' }] }],
    });
  });

  it('let somebody take over for a span that is drawn in the calendar, with a look at it first', async () => {
    const card = page.getByRole('region', { name: 'Primary' });
    const next = page.getByRole('button', { name: 'The week after' });
    await Promise.all([page.waitForResponse((answer) => answer.url().includes('/calendar?')), next.click()]);
    const lane = card.locator('.lane').first();
    await expect.poll(() => lane.boundingBox()).not.toBeNull();
    const box = await lane.boundingBox();
    if (box === null) throw new Error('there is no calendar');
    await page.mouse.move(box.x + box.width * 0.2, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 10, { steps: 4 });
    await page.mouse.up();
    const before = await dialog().getByLabel('From').inputValue();
    const after = await dialog().getByLabel('To').inputValue();
    expect((Date.parse(after) - Date.parse(before)) / 3_600_000).toBeCloseTo(0.2 * 7 * 24, -0.5);
    await dialog().getByLabel('Who').selectOption({ label: 'Bea Okafor' });
    await dialog().locator('.bar.override').first().waitFor({ state: 'attached' });
    await dialog().getByRole('button', { name: 'Take over' }).click();
    await card.getByRole('button', { name: /^Take back: Bea Okafor/ }).waitFor();
  });

  it('write an escalation, step by step', async () => {
    await page.goto(`${system.api}/on-call/escalations`);
    await page.getByRole('button', { name: 'New escalation' }).click();
    await dialog().getByLabel('Name').first().fill('Wake somebody');
    await dialog().getByRole('button', { name: 'Another step' }).click();
    const second = group('Step 2');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await second.getByText('name at least one target').waitFor();
    await second.getByLabel('Tell in step 2').selectOption({ label: 'Bea Okafor' });
    await second.getByLabel('Step 2 comes after', { exact: true }).fill('10');
    await second.getByText('10 minutes after the beginning').waitFor();
    if (
      (await group('Step 1')
        .getByRole('button', { name: /^Remove whoever/ })
        .count()) === 0
    )
      await group('Step 1').getByLabel('Tell in step 1').selectOption({ label: 'Primary' });
    await saved();
    expect((await stored<Escalation>('/escalations', 'Wake somebody')).steps).toMatchObject([
      { after_s: 0, targets: [{ type: 'schedule' }] },
      { after_s: 600, targets: [{ type: 'user', id: ids.bea }] },
    ]);
  });

  it('write routes, put them in another order, and say which one an alert takes', async () => {
    await page.goto(`${system.api}/on-call/routes`);
    for (const team of ['search', 'ads']) {
      await page.getByRole('button', { name: 'Add a route below: Default' }).click();
      await dialog().getByLabel('Name').first().fill(team.toUpperCase());
      await dialog().getByLabel('Label 1', { exact: true }).fill('team');
      await dialog().getByLabel('Value 1').fill(team);
      await dialog().getByLabel('Who is called').selectOption({ label: 'Wake somebody' });
      await dialog().getByLabel('Waits before it tells', { exact: true }).first().fill('30');
      await dialog().getByLabel('Nobody is told of what is only info').selectOption({ label: 'At these times' });
      await saved();
    }
    expect(await stored<Route>('/routes', 'ADS')).toMatchObject({
      group_wait_s: 30,
      quiet_hours: { intervals: [{ from: '22:00', to: '07:00' }] },
    });
    const order = () => page.getByRole('list', { name: 'Routes' }).getByRole('heading').allInnerTexts();
    await expect.poll(order).toEqual(['Default', 'SEARCH', 'ADS']);
    await page.getByRole('button', { name: 'Offer alerts earlier to: ADS' }).click();
    await expect.poll(order).toEqual(['Default', 'ADS', 'SEARCH']);
    await page.getByLabel('Labels of an alert').fill('team=ads');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('takes it', { exact: true }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('write which alerts explain others', async () => {
    await page.getByRole('navigation', { name: 'On-call' }).getByRole('link', { name: 'Inhibitions' }).click();
    await page.getByRole('button', { name: 'New inhibition' }).click();
    await dialog().getByLabel('Name').first().fill('Errors explain warnings');
    await dialog().getByLabel('that have the same').fill('agent, team');
    await saved();
    await page.getByRole('heading', { name: 'Errors explain warnings' }).waitFor();
    expect((await stored<Inhibition>('/inhibitions', 'Errors explain warnings')).equal).toEqual(['agent', 'team']);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('write a template, show its graph, and a circle before it is kept', async () => {
    await page.goto(`${system.api}/workflows/templates`);
    await page.getByRole('button', { name: 'New template' }).click();
    await dialog().getByLabel('Name').first().fill('Weekly report');
    await dialog().getByRole('textbox', { name: 'Task 1', exact: true }).fill('Fetch');
    await dialog().getByRole('button', { name: 'Another task' }).click();
    await page.keyboard.type('Write');
    await dialog()
      .getByRole('button', { name: /^Write/ })
      .waitFor();
    await dialog().getByLabel('Task 1 waits for').selectOption({ label: 'Write' });
    await dialog().getByText('waits for itself: Fetch, which waits for Write, which waits for Fetch').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Task 1 no longer waits for Write' }).click();
    await saved();
    await page.getByRole('row', { name: /Weekly report/ }).waitFor();
    const { items } = await system.get<List<Template>>('/workflow-templates');
    expect(items[0]?.tasks.map(({ name, depends_on: firsts }) => [name, firsts])).toEqual([
      ['Fetch', []],
      ['Write', ['task-1']],
    ]);

    await page.getByRole('button', { name: 'Edit Weekly report' }).click();
    await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog().getByRole('button', { name: 'Delete it, for good' }).click();
    await page.getByText('No templates yet').waitFor();
    expect(there.complaints).toEqual([]);
  });

  it('lead back from an address that leads nowhere, which is loaded once', async () => {
    let loaded = 0;
    const count = () => (loaded += 1);
    page.on('domcontentloaded', count);
    await page.goto(`${system.api}/nowhere`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await page.getByRole('link', { name: 'To the overview', exact: true }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    page.off('domcontentloaded', count);
    expect(loaded).toBe(1);
  });
});
