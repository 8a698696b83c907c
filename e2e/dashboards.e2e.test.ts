import { readFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import type { Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dashboard } from '@fleetbeat/contracts/dashboards.ts';
import { readPdf } from '@fleetbeat/infra/testing/read-pdf.ts';
import { postTo } from './post-to.ts';
import { sendEvents } from './send-events.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** A dashboard is built, put on paper, mailed, and looked at by somebody who may not change it, before a real system. */
const PASSWORD = 'correct horse battery';

describeInBrowser('dashboards', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;
  let smtp: SMTPServer;
  const mails: string[] = [];

  beforeAll(async () => {
    there = await startWithBrowser({ NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
    ({ system } = there);
    page = await there.newPage();
    await signInByLink(page, system);
    await seedEvents();
  });
  afterAll(async () => {
    await there?.stop();
    await new Promise<void>((resolve) => (smtp ? smtp.close(() => resolve()) : resolve()));
  });

  async function seedEvents(): Promise<void> {
    const events = Array.from({ length: 42 }, (_, index) => ({
      agent_id: 'agent-1',
      message_type: 'agent_response',
      response_time_ms: 100 + index,
      ts: Date.now() - 60_000,
      labels: { environment: 'production' },
    }));
    const beat = { agent_id: 'agent-2', message_type: 'heartbeat', status: 'online', labels: { environment: 'staging' } };
    await sendEvents(system, [...events, beat]);
  }

  async function only(): Promise<Dashboard> {
    const { items } = await system.get<{ items: { id: string }[] }>('/dashboards');
    return system.get<Dashboard>(`/dashboards/${items[0]?.id}`);
  }
  const more = async (item: string | RegExp) => {
    await page.getByRole('button', { name: 'More to do with this dashboard' }).click();
    return page.getByRole('dialog', { name: 'More' }).getByText(item);
  };

  it('are built by mouse and by keyboard, and saved', async () => {
    await page.goto(`${system.api}/dashboards`);
    await page.getByRole('heading', { name: 'No dashboards yet' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'New dashboard' }).click();
    await page.getByRole('button', { name: 'Name and variables' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Night watch');
    await page.getByRole('button', { name: 'Take over' }).click();

    await page.getByRole('button', { name: 'Add a panel' }).click();
    await page.getByLabel('Title').fill('Answers');
    await page.getByRole('combobox', { name: /^Shown as/ }).selectOption('figure');
    await page.getByLabel('Responses', { exact: true }).check();
    await page.getByLabel('Messages', { exact: true }).uncheck();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add the panel' }).click();
    await page.getByRole('button', { name: 'Add a panel' }).click();
    await page.getByLabel('Title').fill('Speed');
    await page.getByRole('combobox', { name: /^Of/ }).selectOption('agent');
    await page.getByRole('status').getByText('Name at least one agent.').waitFor();
    await page.getByRole('combobox', { name: 'Agents' }).fill('agent-1');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add the panel' }).click();

    const handle = page.getByRole('button', { name: /^Move Speed/ });
    await handle.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByRole('status').getByText('Speed: column 6').waitFor();
    const figure = await page.getByRole('button', { name: /^Move Answers/ }).boundingBox();
    if (figure === null) throw new Error('the panel is not shown');
    await page.mouse.move(figure.x + 10, figure.y + 10);
    await page.mouse.down();
    await page.mouse.move(figure.x + 20, figure.y + 200, { steps: 8 });
    await page.mouse.move(figure.x + 10, figure.y + 420, { steps: 8 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Share' }).waitFor();

    const { name, panels } = await only();
    expect(name).toBe('Night watch');
    expect(panels.find(({ id }) => id === 'panel-2')).toMatchObject({ x: 5, h: 5, keys: ['agent-1'] });
    expect(panels.find(({ id }) => id === 'panel-1')?.y).toBeGreaterThan(2);
    await page.getByRole('heading', { name: 'Answers' }).scrollIntoViewIfNeeded();
    await page.getByText('42', { exact: true }).first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('say so where somebody else was first, and lose nothing', async () => {
    const before = await only();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Add text' }).click();
    await page.getByRole('textbox', { name: /^Text/ }).fill('# Who to call\nThe night shift.');
    await page.getByRole('button', { name: 'Add the panel' }).click();
    const theirs = await fetch(`${system.api}/api/v1/dashboards/${before.id}`, {
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${system.key}`,
        'if-match': `"${before.revision}"`,
      },
      body: JSON.stringify({ name: 'Night watch', description: 'Theirs', variables: before.variables, panels: before.panels }),
    });
    expect(theirs.status).toBe(200);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Somebody else has saved this dashboard meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Replace theirs' }).click();
    await page.getByRole('button', { name: 'Share' }).waitFor();
    await page.getByRole('heading', { name: 'Who to call' }).waitFor();
    expect((await only()).panels).toHaveLength(3);
  });

  it('are had as CSV and as PDF with the same figures', async () => {
    // A panel is read once it is looked at.
    await page.getByRole('heading', { name: 'Answers' }).scrollIntoViewIfNeeded();
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download Answers as CSV' }).click(),
    ]);
    expect(csv.suggestedFilename()).toMatch(/^series-.*\.csv$/);
    const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toContain('key,total_responses');
    expect(lines.at(-1)).toMatch(/,42$/);

    const link = await more('Open as PDF');
    const answer = await page.request.get(new URL((await link.getAttribute('href')) ?? '', system.api).href);
    const { title, pages, images } = await readPdf(await answer.body());
    expect([title, images]).toEqual(['Night watch', 0]);
    for (const words of ['Answers', '42', 'Speed', 'agent-1', 'Who to call']) expect(pages.join(' ')).toContain(words);
    await page.keyboard.press('Escape');
  });

  it('are mailed, of a scope and of what variables were chosen to stand for', async () => {
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      logger: false,
      onData(stream, _session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          mails.push(Buffer.concat(chunks).toString('latin1'));
          callback();
        });
      },
    });
    const server = smtp.server as Server;
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    );
    const config = { host: '127.0.0.1', port, security: 'none', from: 'fleet@example.com', to: ['a@example.com'] };
    await postTo(system, '/channels', { type: 'email', name: 'Mail', config });
    const { id, revision, name, panels } = await only();
    const who = { name: 'who', set: 'agent', value: 'agent-1' };
    const changed = await page.request.put(`${system.api}/api/v1/dashboards/${id}`, {
      headers: { origin: system.api, 'if-match': `"${revision}"` },
      data: { name, panels, variables: [who] },
    });
    expect(changed.status()).toBe(200);
    await page.goto(`${system.api}/dashboards/${id}?scope=environment:production`);
    await (await more(/^Reports by mail/)).click();
    await page.getByRole('button', { name: 'Add a schedule' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reports by mail' });
    await dialog.getByRole('button', { name: 'Only environment = production' }).click();
    await dialog.getByRole('button', { name: /^staging/ }).click();
    await dialog.getByRole('button', { name: 'Only environment = staging' }).click();
    expect(await dialog.getByLabel('who').inputValue()).toBe('agent-1');
    await dialog.getByLabel('who').fill('agent-2');
    await page.getByRole('textbox', { name: /^To/ }).fill('boss@example.com');
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText(/^Every Monday at 08:00/).waitFor();
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText(/^Last mailed/).waitFor({ timeout: 40_000 });
    expect(mails).toHaveLength(1);
    await dialog.getByText('Only environment = staging; who: agent-2').waitFor();
    expect(mails[0]).toContain('Subject: Night watch, environment = staging,');
    const attached = /filename="?Night watch\.pdf"?\r\n\r\n([\s\S]+?)\r\n--/.exec(mails[0] ?? '')?.[1] ?? '';
    const paper = (await readPdf(Buffer.from(attached, 'base64'))).pages.join(' ');
    expect(paper).toContain('environment = staging');
    expect(paper).not.toContain('42');
    await page.keyboard.press('Escape');
  });

  it('follow each other on a wall, also where one of them is gone, until somebody leaves', async () => {
    const { id } = await only();
    const add = async (name: string) => (await postTo<{ id: string }>(system, '/dashboards', { name, panels: [] })).id;
    const [gone, last] = [await add('Gone soon'), await add('Last')];
    await page.request.delete(`${system.api}/api/v1/dashboards/${gone}`, { headers: { origin: system.api } });
    const wall = await there.newPage({ storageState: await page.context().storageState() });
    await wall.clock.install();
    await wall.goto(`${system.api}/dashboards/${id}?rotate=30&with=${id},${gone},${last}`);
    const shown = (name: string) => wall.getByRole('dialog', { name: `${name}, on a wall` });
    await shown('Night watch').getByText('42', { exact: true }).first().waitFor();
    await wall.clock.runFor(25_000);
    await shown('Night watch').waitFor();
    await wall.clock.runFor(6_000);
    await shown('Dashboard').getByText('The next one follows.').waitFor();
    expect(await violationsOf(wall)).toEqual([]);
    await wall.clock.runFor(31_000);
    await shown('Last').waitFor();
    await wall.clock.runFor(31_000);
    await shown('Night watch').waitFor();
    await wall.keyboard.press('Escape');
    await wall.getByRole('button', { name: 'Share' }).waitFor();
    await wall.clock.runFor(120_000);
    await wall.getByRole('heading', { level: 1, name: 'Night watch' }).waitFor();
    expect(new URL(wall.url()).searchParams.has('rotate')).toBe(false);
    await wall.close();
    await page.request.delete(`${system.api}/api/v1/dashboards/${last}`, { headers: { origin: system.api } });
  });

  it('are looked at, and not changed, by who may only read, on a phone too', async () => {
    const { url } = await postTo<{ url: string }>(system, '/invitations', {
      email: 'viewer@example.com',
      name: 'Vera',
      role: 'viewer',
    });
    const viewer = await there.newPage({ viewport: { width: 375, height: 812 } });
    const token = new URL(url).hash.slice(1);
    await postTo(system, '/auth/password', { token, password: PASSWORD });
    await viewer.goto(`${system.api}/sign-in`);
    await viewer.request.post(`${system.api}/api/v1/auth/sign-in`, {
      headers: { origin: system.api },
      data: { email: 'viewer@example.com', password: PASSWORD },
    });
    const { id } = await only();
    await viewer.goto(`${system.api}/dashboards/${id}`);
    await viewer.getByText('42', { exact: true }).first().waitFor();
    await viewer.getByRole('button', { name: 'Share' }).waitFor();
    expect(await viewer.getByRole('button', { name: 'Edit', exact: true }).count()).toBe(0);
    expect(await viewer.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await violationsOf(viewer)).toEqual([]);
    await viewer.goto(`${system.api}/dashboards`);
    await viewer.getByRole('link', { name: 'Night watch' }).waitFor();
    expect(await viewer.getByRole('button', { name: /New dashboard|Delete|Import/ }).count()).toBe(0);
    const refused = await viewer.request.delete(`${system.api}/api/v1/dashboards/${id}`, { headers: { origin: system.api } });
    expect(refused.status()).toBe(403);
    expect(there.complaints).toEqual([]);
  });
});
