/**
 * Makes a clone runnable before anything else runs: installs the packages when package-lock.json asks for others than
 * node_modules holds, and with `--dashboard` builds the dashboard when its sources are newer than its build. Costs some
 * milliseconds when there is nothing to do. Plain JavaScript, because it runs on whatever Node the machine has; what comes
 * after it in an npm script is Node 24, which npm finds in node_modules/.bin.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const BIN = join(MODULES, '.bin');
const NODE = join(BIN, process.platform === 'win32' ? 'node.cmd' : 'node');
const STAMP = join(MODULES, '.fleetbeat-install');
const LOCK = join(ROOT, 'package-lock.json');
const DASHBOARD = join(ROOT, 'dashboard');

try {
  refuseOldNode();
  installPackages();
  if (process.argv.includes('--dashboard')) buildDashboard();
} catch (error) {
  console.error(`\nfleetbeat: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`this machine's Node is ${process.version}; Fleetbeat needs 20.19 or later to install itself`);
  }
}

function installPackages() {
  const wanted = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted && existsSync(NODE)) return;
  if (!holdsWhatIsLocked()) {
    say('installing packages (npm ci) ...');
    const started = Date.now();
    npm('ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error');
    say(`packages installed in ${seconds(started)}`);
  }
  checkPinnedNode();
  writeFileSync(STAMP, wanted);
}

/** Whether somebody's own `npm install` or `npm ci` has brought every package already. */
function holdsWhatIsLocked() {
  const installedFile = join(MODULES, '.package-lock.json');
  if (!existsSync(installedFile) || !existsSync(NODE)) return false;
  const locked = JSON.parse(readFileSync(LOCK, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true;
    const present = installed[path];
    // Packages for other platforms stay away.
    if (present === undefined) return wanted.optional === true || wanted.peer === true;
    return present.version === wanted.version && present.integrity === wanted.integrity && present.resolved === wanted.resolved;
  });
}

/** Install scripts that were not allowed to run leave no Node 24 behind. */
function checkPinnedNode() {
  const required = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.node;
  const found = pinnedNode();
  if (found === `v${required}`) return;
  throw new Error(
    `node_modules/.bin/node should be v${required} but ${found === undefined ? 'does not run' : `is ${found}`}.\n` +
      'It comes with the npm package "node", whose install script fetches it for this platform: allow that\n' +
      'script ("allowScripts" in package.json does), remove node_modules and try again.',
  );
}

function pinnedNode() {
  try {
    return execFileSync(NODE, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' }).trim();
  } catch {
    return undefined;
  }
}

/** Runs npm on the machine's own Node: `npm ci` removes node_modules, and the Node 24 in it, while it works. */
function npm(...args) {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const result = spawnSync('npm', args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined) throw new Error(`npm could not be started (${result.error.message}); is it installed?`);
  if (result.status !== 0) {
    throw new Error(
      `"npm ${args.join(' ')}" failed; its messages are above. What helps most often: a working connection to the npm\n` +
        'registry, free disk space, and a package-lock.json without local changes.',
    );
  }
}

function buildDashboard() {
  if (!existsSync(join(DASHBOARD, 'src'))) return;
  const built = timeOf(join(DASHBOARD, 'build', 'index.html'));
  const sources = ['src', 'static', 'package.json', 'vite.config.ts', 'vite-plugins', 'tsconfig.json'].map((name) =>
    join(DASHBOARD, name),
  );
  if (newest([...sources, join(ROOT, 'contracts', 'src'), LOCK]) <= built) return;
  say('building the dashboard ...');
  const started = Date.now();
  const vite = join(MODULES, 'vite', 'bin', 'vite.js');
  const result = spawnSync(NODE, [vite, 'build', '--logLevel', 'warn'], {
    cwd: DASHBOARD,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) throw new Error(`the dashboard does not build:\n${result.stdout}${result.stderr}`);
  say(`dashboard built in ${seconds(started)}`);
}

function newest(paths) {
  return Math.max(
    0,
    ...paths.map((path) => (isFolder(path) ? newest(readdirSync(path).map((name) => join(path, name))) : timeOf(path))),
  );
}

function isFolder(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** To standard error: the standard output of the command that follows belongs to that command. */
function say(text) {
  console.error(`fleetbeat: ${text}`);
}
