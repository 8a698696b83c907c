import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';
import { violationsOf } from './violations-of.ts';

describeInBrowser('an account', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
  });
  afterAll(async () => {
    await there?.stop();
  });

  it('begins with an invitation, gets a password, and is signed in to by it', async () => {
    const key = readFileSync(join(system.dataDir, 'operator-key'), 'utf8').trim();
    const invited = await fetch(`${system.api}/api/v1/invitations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.org', name: 'Ada', role: 'viewer' }),
    });
    expect(invited.status).toBe(201);
    const { url } = (await invited.json()) as { url: string };
    const page = await there.newPage();
    await page.goto(`${system.api}/set-password${new URL(url).hash}`);
    await page.getByLabel(/^Password/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set it' }).click();
    await page.getByRole('link', { name: 'Sign in as ada@example.org' }).click();
    expect(await violationsOf(page)).toEqual([]);

    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('not this one');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
    const who = await page.evaluate<{ name: string }>('fetch("/api/v1/session").then((answer) => answer.json())');
    expect(who).toMatchObject({ signed_in: true, name: 'ada@example.org', scopes: ['read'] });
  });
});
