import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');

/** Builds the dashboard where it has not been built yet. */
export async function needDashboardBuild(): Promise<void> {
  if (existsSync(join(ROOT, 'dashboard/build/index.html'))) return;
  await promisify(execFile)(process.execPath, [join(ROOT, 'infra/install.mjs'), '--dashboard'], { cwd: ROOT });
}
