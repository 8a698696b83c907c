import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Incident, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { expectAccessible } from './expect-accessible.ts';
import { postTo } from './post-to.ts';
import { addPerson } from './seed-incidents.ts';
import { sendEvents } from './send-events.ts';
import { signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';

/** Incidents and on-call in the browsers of an admin and a viewer at once, before a real system. */
/** Silence that is too long, a cut of the source, and the wait of the route. */
const APPEARS_WITHIN = 40_000;
const TITLE = 'Search is silent: search-1';

describeInBrowser('the pages of incidents', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  /** Ann is an admin, Vic may only look. */
  let ann: Page;
  let vic: Page;
  let annId: string;
  let ruleId: string;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    annId = await addPerson(system, 'Ann Moreau', 'admin');
    await addPerson(system, 'Vic Tanaka', 'viewer');
    ann = await signedIn('ann');
    vic = await signedIn('vic');
  });
  afterAll(async () => {
    await there?.stop();
  });

  async function signedIn(name: string): Promise<Page> {
    const page = await there.newPage();
    await signInByPassword(page, system, name);
    return page;
  }

  const expectAccessibleWith = (page: Page, text: string) =>
    expectAccessible(page, async () => {
      await page.reload();
      await page.getByText(text).first().waitFor();
    });

  async function only(): Promise<Incident> {
    const { items } = await system.get<List<Incident>>('/incidents?q=search-1');
    // The rule of every agent makes one of its own before long.
    const incident = items.find(({ title }) => title === TITLE);
    if (incident === undefined) throw new Error('there is no incident');
    return incident;
  }
  const row = (page: Page) => page.getByRole('row', { name: TITLE });

  it('show an incident as soon as an agent is silent, and that somebody takes care of it', async () => {
    ({ id: ruleId } = await postTo<{ id: string }>(system, '/rules', {
      kind: 'liveness',
      name: 'Search is silent',
      watch: { set: 'agent', keys: ['search-1'] },
      silent_s: 5,
    }));
    for (const page of [ann, vic]) {
      await page.goto(`${system.api}/incidents`);
      await page.getByRole('button', { name: /^All \d/ }).waitFor();
    }
    await sendEvents(system, [{ agent_id: 'search-1', message_type: 'agent_response', content: 'hello' }]);
    for (const page of [ann, vic]) await row(page).waitFor({ timeout: APPEARS_WITHIN });
    await row(vic).getByRole('cell', { name: 'Error Open' }).waitFor();
    expect(
      await vic
        .locator('main')
        .getByRole('button', { name: /Acknowledge:/ })
        .count(),
    ).toBe(0);

    // By keyboard: a busy machine may have incidents of its own.
    await ann.keyboard.press('j');
    await ann.locator('tbody a:focus').waitFor();
    await row(ann).getByRole('link').focus();
    await ann.keyboard.press('a');
    await row(ann).getByRole('cell', { name: 'Ann Moreau' }).waitFor();
    await row(vic).getByRole('cell', { name: 'Error Acknowledged' }).waitFor();
    await row(vic).getByRole('cell', { name: 'Ann Moreau' }).waitFor();
    expect((await only()).acknowledged_by).toBe('ann@example.org');
    await expectAccessibleWith(ann, TITLE);
  });

  it('tell everything about one, let it be given away and talked about, and nothing be done by a viewer', async () => {
    const { id } = await only();
    await row(ann).getByRole('link').focus();
    await ann.keyboard.press('Enter');
    await ann.getByRole('heading', { level: 1, name: TITLE }).waitFor();
    await ann.getByText('Ann Moreau takes care of it').waitFor();
    await vic.goto(`${system.api}/incidents/${id}`);
    await vic.getByText('Ann Moreau takes care of it').waitFor();
    expect(await vic.locator('main').getByRole('button').allInnerTexts()).toEqual([]);
    expect(await vic.locator('main').getByRole('textbox').count()).toBe(0);

    await ann.keyboard.press('m');
    await vic.getByText('Ann Moreau has it').waitFor();
    expect((await only()).assigned_to).toBe(annId);
    await ann.keyboard.press('c');
    await ann.keyboard.type('It is the index.');
    await ann.keyboard.press('Control+Enter');
    await vic.getByText('It is the index.').waitFor();
    await vic.getByText('gave it to Ann Moreau').waitFor();
    await ann.keyboard.press('Escape');
    await ann.getByRole('button', { name: 'Snooze' }).click();
    await ann.getByRole('button', { name: /^1 hour/ }).click();
    await vic
      .getByText(/snoozed until/)
      .first()
      .waitFor();
    await expectAccessibleWith(ann, 'Timeline');
  });

  it('take back what the server refuses, and say why', async () => {
    const { id } = await only();
    // Somebody else is faster: they give it to nobody, of which this page does not hear.
    await ann.getByRole('button', { name: 'Pause live updates' }).click();
    await postTo(system, `/incidents/${id}/assign`, { user_id: null });
    await ann.getByRole('button', { name: 'Resolve' }).click();
    await ann.getByRole('button', { name: 'Resolve it' }).click();
    await ann.getByText(/^Not resolved: somebody else has changed the incident meanwhile/).waitFor();
    await ann.getByText('Ann Moreau takes care of it').waitFor();
    expect((await only()).status).toBe('acknowledged');
    await ann.getByRole('button', { name: 'Resume live updates' }).click();

    await ann.getByRole('button', { name: 'Resolve' }).click();
    await ann.getByRole('button', { name: 'Resolve it' }).click();
    await vic.getByText('Resolved', { exact: true }).waitFor();
    await ann.getByRole('button', { name: 'Open again' }).click();
    await ann.getByRole('button', { name: 'Acknowledge' }).waitFor();
    await vic.getByText('Nobody has it yet').waitFor();
  });

  it('silence what an incident is about, and end that again', async () => {
    await ann.getByRole('button', { name: 'Silence' }).click();
    await ann.getByText('Fits 1 alert that fires now:').waitFor();
    await ann.getByLabel('Value 1').fill('Nothing');
    await ann.getByText('Fits no alert that fires now.').waitFor();
    await ann.getByLabel('Comparison 1').selectOption('=~');
    await ann.getByLabel('Value 1').fill('[');
    await ann.getByText(/the pattern is not one of RE2/).waitFor();
    await ann.getByLabel('Value 1').fill('Search.*');
    await ann.getByText('Fits 1 alert that fires now:').waitFor();
    await ann.getByLabel('Why').fill('Deploying');
    await ann.getByRole('dialog').getByRole('button', { name: 'Silence' }).click();
    await ann.getByRole('dialog').waitFor({ state: 'detached' });

    await vic.goto(`${system.api}/incidents/silences`);
    await vic
      .getByRole('row', { name: /Deploying/ })
      .getByRole('cell', { name: 'Silent now' })
      .waitFor();
    expect(await vic.locator('main').getByRole('button').count()).toBe(0);
    await ann.goto(`${system.api}/incidents/silences`);
    await ann
      .getByRole('row', { name: /Deploying/ })
      .getByRole('cell', { name: '1 alert' })
      .waitFor();
    await expectAccessibleWith(ann, 'Deploying');
    await ann.getByRole('button', { name: 'End: Deploying' }).click();
    await ann.getByText('Nothing is silenced at present').waitFor();
  });

  it('lead from a notification to its incident, and show it on the overview', async () => {
    const { id } = await only();
    const { items } = await system.get<List<Notification>>('/notifications');
    const told = items.find((one) => one.rule_id === ruleId);
    await ann.goto(system.api);
    await ann
      .getByRole('region', { name: /incident/ })
      .locator('a[href^="/incidents/"]')
      .first()
      .waitFor();
    await ann.keyboard.press('n');
    await ann
      .getByRole('dialog', { name: 'Notifications' })
      .locator(`a[href="/incidents?alert=${told?.alert_ids[0]}"]`)
      .first()
      .click();
    await ann.waitForURL(`${system.api}/incidents/${id}`);
  });

  it('show who is on call, and let somebody take over', async () => {
    await ann.goto(`${system.api}/incidents`);
    await ann.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();
    await ann.keyboard.press('g');
    await ann.keyboard.press('c');
    await ann.getByText('Nobody is on call: there is no schedule yet').waitFor();
    await ann.getByRole('button', { name: 'New schedule' }).click();
    await ann.getByRole('dialog').getByLabel('Name').first().fill('Primary');
    await ann.getByRole('button', { name: 'JSON', exact: true }).click();
    const json = ann.getByLabel('The schedule as JSON');
    const whole = await json.inputValue();
    await json.fill(whole.replace('"Primary"', '""'));
    await ann.getByRole('button', { name: 'Save' }).click();
    await ann.getByRole('alert').getByText('must not be empty').waitFor();
    // Turns that begin tomorrow leave a gap until then.
    await json.fill(
      whole.replace(/"starts_on": "[^"]*"/, `"starts_on": "${new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)}"`),
    );
    await ann.getByRole('button', { name: 'Save' }).click();
    const card = (page: Page) => page.getByRole('region', { name: 'Primary' });
    await card(ann)
      .getByText(/^Nobody is on call for .* of the next 28 days/)
      .waitFor();

    await vic.goto(`${system.api}/on-call`);
    await card(vic).getByText('Nobody is on call', { exact: true }).waitFor();
    expect(await card(vic).getByRole('button').count()).toBe(0);
    await ann.getByRole('button', { name: 'Take over: Primary' }).click();
    await ann.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await card(ann).getByText('Ann Moreau is on call').waitFor();
    await vic.reload();
    await card(vic).getByText('Ann Moreau is on call').waitFor();
    await ann.getByRole('button', { name: 'Month', exact: true }).click();
    await expectAccessibleWith(ann, 'Ann Moreau is on call');
    await ann.getByRole('button', { name: /^Take back: Ann Moreau/ }).click();
    await card(ann).getByText('Nobody is on call', { exact: true }).waitFor();
  });

  it('show who is called when nobody answers, and where an alert would go', async () => {
    const { items: schedules } = await system.get<List<{ id: string }>>('/schedules');
    await postTo(system, '/escalations', {
      name: 'Wake somebody',
      steps: [
        { after_s: 0, targets: [{ type: 'schedule', id: schedules[0]?.id }] },
        { after_s: 300, targets: [{ type: 'user', id: annId }] },
      ],
    });
    const { items: escalations } = await system.get<List<{ id: string }>>('/escalations');
    await postTo(system, '/routes', {
      name: 'Search',
      matchers: [{ label: 'team', value: 'search' }],
      escalation_id: escalations[0]?.id,
    });
    await vic.goto(`${system.api}/on-call/escalations`);
    await vic.getByText('whoever is on call in Primary: now nobody').waitFor();
    await vic.getByText('After 5 minutes').waitFor();
    await expectAccessibleWith(vic, 'Wake somebody');

    await vic.getByRole('navigation', { name: 'On-call' }).getByRole('link', { name: 'Routes' }).click();
    await vic.getByLabel('Labels of an alert').fill('team=search');
    await vic.getByRole('button', { name: 'Try it' }).click();
    await vic.getByText('takes it', { exact: true }).waitFor();
    await vic.getByText('After 5 minutes: Ann Moreau, who has no channel').waitFor();
    expect(await vic.locator('main').getByRole('button', { name: /^Edit/ }).count()).toBe(0);
    await expectAccessibleWith(vic, 'Where would it go?');
  });

  it('call the next step by hand, after they have said whom that calls, also while somebody takes care', async () => {
    const channel = (name: string) =>
      postTo<{ id: string }>(system, '/channels', { type: 'webhook', name, config: { url: 'https://hooks.example.org/x' } });
    const targets = [];
    for (const name of ['Chat', 'Boss', 'Board']) targets.push([{ type: 'channel', id: (await channel(name)).id }]);
    const { id: wake } = await postTo<{ id: string }>(system, '/escalations', {
      name: 'Wake the house',
      steps: targets.map((one, i) => ({ after_s: i * 3_600, targets: one })),
    });
    await postTo(system, '/routes', {
      name: 'House',
      matchers: [{ label: 'team', value: 'house' }],
      group_wait_s: 0,
      escalation_id: wake,
    });
    await postTo(system, '/rules', {
      kind: 'liveness',
      name: 'Search is gone',
      watch: { set: 'agent', keys: ['search-1'] },
      silent_s: 5,
      labels: { team: 'house' },
    });
    let id = 0;
    const called = async () => {
      const { items } = await system.get<List<TimelineEntry>>(`/incidents/${id}/timeline?limit=500`);
      return items.filter(({ kind }) => kind === 'escalated').map(({ text }) => text.replace(/^.*: /, ''));
    };
    await expect
      .poll(
        async () => {
          const { items } = await system.get<List<Incident>>('/incidents?q=Search%20is%20gone');
          id = items[0]?.id ?? 0;
          return id === 0 ? [] : called();
        },
        { timeout: APPEARS_WITHIN },
      )
      .toEqual(['channel Chat']);

    await ann.goto(`${system.api}/incidents/${id}`);
    await vic.goto(`${system.api}/incidents/${id}`);
    await ann.getByRole('button', { name: 'Escalate' }).waitFor();
    await ann.keyboard.press('e');
    const dialog = ann.getByRole('dialog', { name: 'Call the next step now?' });
    await dialog.getByText('channel Boss').waitFor();
    await expectAccessible(ann);
    await dialog.getByRole('button', { name: 'Not now' }).click();
    expect(await called()).toEqual(['channel Chat']);
    await ann.getByRole('button', { name: 'Escalate' }).click();
    await dialog.getByRole('button', { name: 'Call now' }).click();
    await vic.getByText('Wake the house, step 2 of 3: channel Boss').waitFor();
    expect(await vic.locator('main').getByRole('button').allInnerTexts()).toEqual([]);

    await ann.getByRole('button', { name: 'Acknowledge' }).click();
    await ann.getByText('nobody else is called unless you escalate.').waitFor();
    await ann.getByRole('button', { name: 'Escalate' }).click();
    await dialog.getByText('Whoever takes care of it still does.').waitFor();
    await dialog.getByRole('button', { name: 'Call now' }).click();
    await ann.getByText('Wake the house, step 3 of 3: channel Board').waitFor();
    await ann.getByRole('button', { name: 'Escalate' }).waitFor({ state: 'detached' });
    await ann.getByText('Ann Moreau takes care of it').waitFor();
    expect(await called()).toEqual(['channel Chat', 'channel Boss', 'channel Board']);
    expect(there.complaints).toEqual([]);
  });
});
