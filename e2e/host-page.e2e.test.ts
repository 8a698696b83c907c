import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Host } from '@fleetbeat/contracts/api.ts';
import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import { PHONE } from './expect-accessible.ts';
import { postTo } from './post-to.ts';
import { addPerson } from './seed-incidents.ts';
import { sendEvents } from './send-events.ts';
import { signInByLink, signInByPassword } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

/** One host, its archive, and the page of all of them, in a browser before a real system. */
describeInBrowser('a host', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;

  const sample = (host: string, cpu: number) => ({
    ...{ host_id: host, hostname: `${host}.example`, platform: 'linux', cores: 8 },
    ...{ cpu_usage: cpu, memory_usage: 61, disk_usage: 44, uptime: 7_200, load_1: 2.5 },
    ...{ net_rx_bytes_per_s: 4_000, net_tx_bytes_per_s: 2_000 },
  });
  const host = () => system.get<Host>('/hosts/db-1');
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    const rule: RuleInput = {
      kind: 'threshold',
      name: 'Disk is nearly full',
      watch: { set: 'host', keys: ['db-1'] },
      measure: 'disk_usage',
      window: '1m',
      warning: { threshold: 30 },
    };
    await postTo(system, '/rules', rule);
    await sendEvents(system, [
      sample('db-1', 37),
      sample('db-2', 12),
      { agent_id: 'indexer', message_type: 'heartbeat', status: 'online', name: 'Indexer', host_id: 'db-1' },
      { agent_id: 'copies-db-1', message_type: 'heartbeat', status: 'online', host_id: 'db-2' },
    ]);
    page = await there.newPage();
    await signInByLink(page, system);
  });
  afterAll(async () => {
    await there?.stop();
  });

  it('says what it is and how it was used, and has its agents and incidents', async () => {
    await expect.poll(() => host().catch(() => null), { timeout: 45_000 }).toMatchObject({ agents: 1 });
    await page.goto(`${system.api}/hosts`);
    await page.getByRole('link', { name: 'db-1.example' }).click();
    await page.getByRole('heading', { level: 1, name: 'db-1.example' }).waitFor();
    for (const fact of ['linux', '2 h']) await page.getByText(fact, { exact: true }).first().waitFor();
    for (const chart of ['Processor', 'Memory', 'Disk', 'Network', 'Load']) {
      await page.getByRole('heading', { name: new RegExp(`^${chart}`) }).waitFor();
    }
    await page.getByRole('link', { name: 'Indexer' }).scrollIntoViewIfNeeded();
    const incidents = page.getByRole('region', { name: 'Incidents' });
    await incidents.getByRole('link', { name: /Disk is nearly full/ }).waitFor({ timeout: 45_000 });
    expect(await violationsOf(page)).toEqual([]);
  });

  it('leads to its agents and to its incidents, and to none that only name it', async () => {
    await page.getByRole('link', { name: '1', exact: true }).click();
    await page.getByRole('link', { name: 'Indexer' }).waitFor();
    expect(await page.getByRole('link', { name: 'copies-db-1' }).count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await button('Show those of every host').click();
    await page.getByRole('link', { name: 'copies-db-1' }).waitFor();
    await page.goto(`${system.api}/incidents?host=db-2`);
    await page.getByText('No incident matches.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await button('Not only about Host db-2').click();
    await page.getByRole('link', { name: /Disk is nearly full/ }).waitFor();
    await page.goto(`${system.api}/incidents?host=db-1`);
    await page.getByRole('link', { name: /Disk is nearly full/ }).waitFor();
  });

  it('is put into the archive, found there, and taken out again', async () => {
    await page.goto(`${system.api}/hosts/db-1`);
    await button('Archive').click();
    await page.getByText('Archived', { exact: true }).waitFor();
    await expect.poll(async () => (await host()).archived_at).not.toBeNull();
    await page.goto(`${system.api}/hosts`);
    await page.getByRole('link', { name: 'db-2.example' }).waitFor();
    expect(await page.getByRole('link', { name: 'db-1.example' }).count()).toBe(0);
    await button('Archived').click();
    await page.getByRole('link', { name: 'db-1.example' }).waitFor();
    expect(await page.getByRole('link', { name: 'db-2.example' }).count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'db-1.example' }).click();
    await button('Take out of the archive').click();
    await button('Archive').waitFor();
    expect((await host()).archived_at).toBeNull();
  });

  it('comes back with its next sample, and its page says so', async () => {
    await button('Archive').click();
    await button('Take out of the archive').waitFor();
    await sendEvents(system, [sample('db-1', 40)]);
    await button('Archive').waitFor({ timeout: 45_000 });
    expect((await host()).archived_at).toBeNull();
  });

  it('is only looked at by a viewer, on a phone too', async () => {
    await addPerson(system, 'Vic Tanaka', 'viewer');
    const viewer = await there.newPage({ viewport: PHONE });
    await signInByPassword(viewer, system, 'vic');
    await viewer.goto(`${system.api}/hosts/db-1`);
    await viewer.getByRole('heading', { level: 1, name: 'db-1.example' }).waitFor();
    await viewer.getByRole('heading', { name: /^Processor/ }).waitFor();
    expect(await viewer.getByRole('button', { name: 'Archive', exact: true }).count()).toBe(0);
    expect(await viewer.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(there.complaints).toEqual([]);
  });
});
