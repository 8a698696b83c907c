import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, CHROMIUM_ARGS } from './chromium.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

const ROOT = join(import.meta.dirname, '..');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(CHROMIUM === undefined)('an account', () => {
  let system: RunningSystem;
  let browser: Browser;
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'dashboard/build/index.html'))) {
      await promisify(execFile)(process.execPath, [join(ROOT, 'infra/install.mjs'), '--dashboard'], { cwd: ROOT });
    }
    system = await startSystem({});
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: CHROMIUM_ARGS });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
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
    const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
    await page.goto(`${system.api}/set-password${new URL(url).hash}`);
    await page.getByLabel(/^Password/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set it' }).click();
    await page.getByRole('link', { name: 'Sign in as ada@example.org' }).click();
    await page.evaluate(AXE);
    expect(await page.evaluate<unknown[]>('axe.run(document).then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
      [],
    );

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
