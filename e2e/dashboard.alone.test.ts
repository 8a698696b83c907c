import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DESKTOP, PHONE } from './expect-accessible.ts';
import { sendEvents } from './send-events.ts';
import { loginLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** The dashboard in a real browser, before a real system: from the first event to every page, by keyboard and on a phone. */
const THEMES = ['light', 'dark'] as const;
/** Enough rounds that one hiccup of a busy machine does not decide. */
const ROUNDS = 5;

describeInBrowser('the dashboard', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    page = await there.newPage();
    page.on('console', (message) => {
      // That the server refuses something, or is away, is part of the tests.
      const expected = /^Failed to load resource|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET/.test(message.text());
      if (message.type() === 'error' && !expected) there.complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(system.api) && !request.url().startsWith('data:'))
        there.complaints.push(`asked for ${request.url()}`);
    });
  });
  afterAll(async () => {
    await there?.stop();
  });

  /** Polls for as long as a busy machine may take. */
  const eventually = <T>(read: () => T | Promise<T>, message?: string) =>
    expect.poll(read, { timeout: 20_000, ...(message ? { message } : {}) });

  const answers = (count: number, agent = 'first-agent') =>
    Array.from({ length: count }, (_, index) => ({
      agent_id: agent,
      message_type: 'agent_response',
      content: `answer ${index}`,
      response_time_ms: 100 + index,
      input_tokens: 1_000,
      output_tokens: 100,
      model_used: 'test-model',
    }));

  const figure = (label: string) => page.locator('dl.sheet > div', { hasText: label }).locator('dd b');
  /** What is drawn of the answers in the chart of messages. */
  const outline = () =>
    page
      .locator('.chart', { hasText: 'Messages per second' })
      .locator('canvas')
      .first()
      .evaluate<string, { toDataURL(): string }>((canvas) => canvas.toDataURL());

  it('leads whoever is not signed in to the page that says how', async () => {
    await page.goto(`${system.api}/agents?range=1h`);
    await page.getByRole('heading', { name: 'Sign in to Fleetbeat' }).waitFor();
    expect(await page.getByText('npm run login-link').isVisible()).toBe(true);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('says when a sign-in link no longer works', async () => {
    await page.goto(`${system.api}/sign-in?token=fbt_used`);
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  });

  it('signs in with a one-time link, explains itself, and turns into the live page with the first event', async () => {
    await page.goto(await loginLink(system));
    await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor();
    await page.getByText(`curl ${system.ingest}/v1/events`).waitFor();
    expect(page.url()).not.toContain('token');
    expect(await violationsOf(page)).toEqual([]);

    await sendEvents(system, answers(1));
    await page.getByRole('heading', { name: 'The agent is well' }).waitFor({ timeout: 20_000 });
    await eventually(() => figure('Messages').textContent()).toBe('1');
  });

  it('moves its chart and its figures within a second of an event', async () => {
    await page.getByText('Live', { exact: true }).waitFor();
    let sent = 1;
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await outline();
      await sendEvents(system, answers(20));
      sent += 20;
      const start = performance.now();
      const moved = `new Promise((resolve, reject) => {
      const latest = performance.now() + 15_000;
      (function look() {
        const shown = [...document.querySelectorAll('dl.sheet > div')].find((one) => one.textContent.includes('Messages'));
        const chart = [...document.querySelectorAll('.chart')].find((one) => one.textContent.includes('Messages per second'));
        const drawn = chart?.querySelector('canvas')?.toDataURL();
        const text = shown?.querySelector('dd b')?.textContent;
        if (text === '${sent}' && drawn !== ${JSON.stringify(before)}) resolve();
        else if (performance.now() > latest) reject(new Error('still shows ' + text + ', not ${sent}'));
        else requestAnimationFrame(look);
      })();
    })`;
      await page.evaluate(moved);
      delays.push(performance.now() - start);
    }
    const median = delays.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)];
    expect(median, `all rounds: ${delays.map(Math.round).join(', ')} ms`).toBeLessThan(1_000);
  });

  it('stands still while paused, and catches up on resuming', async () => {
    await page.getByRole('button', { name: 'Pause live updates' }).click();
    const before = await figure('Messages').textContent();
    await sendEvents(system, answers(10));
    await page.getByText(/^Paused, [3-9] s$/).waitFor();
    expect(await figure('Messages').textContent()).toBe(before);
    await page.getByRole('button', { name: 'Resume live updates' }).click();
    await eventually(() => figure('Messages').textContent()).toBe(String(Number(before) + 10));
  });

  it('asks for what the first screen shows once', async () => {
    const asked: string[] = [];
    const note = (request: { url(): string }): unknown => asked.push(new URL(request.url()).pathname);
    page.on('request', note);
    await page.reload();
    await figure('Messages').waitFor();
    page.off('request', note);
    const first = asked.filter((path) => /\/(fleet\/metrics|incidents|agents|hosts)$/.test(path)).toSorted();
    expect(first.map((path) => path.replace('/api/v1', ''))).toEqual([
      '/agents',
      '/fleet/metrics',
      '/fleet/metrics',
      '/hosts',
      '/incidents',
    ]);
  });

  it('has no accessibility violation on any page in either theme, and nothing wider than a phone', async () => {
    const ended = await system.simulate('--agents 12 --hosts 3 --rate 100 --duration 8 --seed 7');
    expect(ended.code, ended.output).toBe(0);
    const { items } = await system.get<{ items: { host_id: string }[] }>('/hosts');
    const paths = [
      '/',
      '/?range=24h',
      '/agents',
      '/agents/first-agent',
      '/hosts',
      `/hosts/${items[0]?.host_id}`,
      '/pipeline',
      '/nowhere',
    ];
    for (const path of paths) {
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        await page.goto(system.api + path);
        await page.locator('h1').first().waitFor();
        await eventually(() => page.locator('[role=status][aria-label^=Reading]').count()).toBe(0);
        expect(await violationsOf(page), `${path} in ${theme}`).toEqual([]);
      }
      await page.setViewportSize(PHONE);
      await eventually(
        () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'),
        `${path} at ${PHONE.width} px is wider by`,
      ).toBeLessThanOrEqual(0);
      expect(await violationsOf(page), `${path} on a phone`).toEqual([]);
      await page.setViewportSize(DESKTOP);
    }
  });

  it('finds, sorts and opens agents by keyboard, and keeps all of it in the URL', async () => {
    await page.goto(`${system.api}/agents`);
    await page.getByRole('button', { name: 'Tokens' }).click();
    await eventually(() => page.url()).toContain('sort=-tokens');
    expect(await page.locator('th[aria-sort=descending]').textContent()).toContain('Tokens');
    await page.getByRole('searchbox', { name: 'Search agents' }).fill('first-');
    await eventually(() => page.url()).toContain('q=first-');
    await eventually(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('searchbox').blur();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'first-agent' }).waitFor();
  });

  it('shows the events of an agent, by type and text, page by page, with their JSON', async () => {
    await page.goto(`${system.api}/agents/first-agent`);
    const rows = page.locator('section', { hasText: 'Events' }).locator('ol > li');
    await eventually(() => rows.count()).toBe(50);
    await page.getByRole('button', { name: 'Load more' }).click();
    await eventually(() => rows.count()).toBe(100);
    await page.getByRole('searchbox', { name: 'Search in events' }).fill('answer 19');
    await eventually(() => rows.count()).toBe(ROUNDS);
    await rows.first().getByRole('button').first().click();
    await page.getByText('"response_time_ms": 119').waitFor();
    await page.getByLabel('Type of event').selectOption('error');
    await page.getByText('No event matches.').waitFor();
  });

  it('reads a chart by arrow keys and as a table', async () => {
    await page.goto(system.api);
    const chart = page.getByRole('img', { name: /^Response time/ });
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.readout').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Response time as a table' }).click();
    const table = page.getByRole('region', { name: 'Response time, table' });
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['Window', 'p50', 'p95', 'p99']);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('accounts for every event, and keeps what was not understood', async () => {
    await page.goto(`${system.api}/pipeline`);
    await page.getByText('Every one is accounted for').waitFor();
    expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(7);
  });

  it('says for how long the server is away, and goes on by itself when it is back', async () => {
    await page.goto(system.api);
    await page.getByText('Live', { exact: true }).waitFor();
    const file = join(system.dataDir, 'run', 'bff.pid');
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 'SIGKILL');
    await page.getByText(/^Offline, \d+ s$/).waitFor({ timeout: 20_000 });
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
    expect(Number(readFileSync(file, 'utf8'))).not.toBe(pid);
    // Live again means that events come through again.
    const before = await figure('Messages').textContent();
    await sendEvents(system, answers(20));
    await eventually(() => figure('Messages').textContent()).not.toBe(before);
  });

  it('neither failed nor asked anybody else for anything', () => {
    // Errors of scripts, of the content security policy, and requests that left our own origin.
    expect(there.complaints).toEqual([]);
  });
});
