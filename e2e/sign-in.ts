import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { PASSWORD } from './seed-incidents.ts';
import type { RunningSystem } from './start-system.ts';

const ROOT = join(import.meta.dirname, '..');

/** A link of `npm run login-link`, which signs an administrator in once. */
export async function loginLink({ api, dataDir }: Pick<RunningSystem, 'api' | 'dataDir'>): Promise<string> {
  const env = { PATH: process.env['PATH'], FLEETBEAT_DATA: dataDir, PUBLIC_URL: api, LOG_LEVEL: 'warn' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'bff/src/access/login-link.ts')], {
    env,
    cwd: ROOT,
  });
  return stdout.trim();
}

/** Signs in by such a link, and waits until the dashboard is there. */
export async function signInByLink(page: Page, system: Pick<RunningSystem, 'api' | 'dataDir'>): Promise<void> {
  await page.goto(await loginLink(system));
  await page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
}

/** Signs somebody of `addPerson` in by the form, and waits until the dashboard is live. */
export async function signInByPassword(page: Page, { api }: Pick<RunningSystem, 'api'>, name: string): Promise<void> {
  await page.goto(`${api}/sign-in`);
  await page.getByLabel('E-mail').fill(`${name}@example.org`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
}
