import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graveVulnerabilities } from './audit-report.ts';
import { countTests, type Counts, type VitestReport } from './count-tests.ts';

/**
 * `npm test`: every check there is. The checks that only read sources run first, two at a time; then all tests. The last
 * line is `N passed, N failed, N skipped`, where each of the former counts as one test.
 */
const ROOT = join(import.meta.dirname, '..');
const DASHBOARD = join(ROOT, 'dashboard');
const LANES = 2;

interface Check {
  name: string;
  /** Arguments of Node, run one after the other. */
  commands: string[][];
  folder?: string;
}

const bin = (script: string): string => join(ROOT, 'node_modules', script);

const checks: Check[] = [
  { name: 'dashboard build', commands: [[join(ROOT, 'infra/install.mjs'), '--dashboard']] },
  { name: 'lint', commands: [[bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']] },
  {
    name: 'types',
    commands: [
      [bin('typescript/bin/tsc'), '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', '.cache/types.tsbuildinfo'],
    ],
  },
  {
    name: 'dashboard types',
    folder: DASHBOARD,
    commands: [
      [bin('@sveltejs/kit/svelte-kit.js'), 'sync'],
      [bin('svelte-check/bin/svelte-check'), '--output', 'human', '--threshold', 'warning', '--fail-on-warnings'],
    ],
  },
  {
    name: 'format',
    commands: [
      [bin('prettier/bin/prettier.cjs'), '--check', '.', '--log-level', 'warn', '--cache', '--cache-location', '.cache/prettier'],
    ],
  },
  { name: 'import rule', commands: [[join(ROOT, 'infra/check-boundaries.ts')]] },
];

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
await inLanes(LANES, checks, runCheck);
await auditDependencies();
const missing = await runTests();
if (missing.length > 0) console.log(`not available, their tests were skipped: ${missing.join(', ')}`);
if (counts.failed > 0 || (missing.length > 0 && process.env['CI'] === 'true')) process.exitCode = 1;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);

async function inLanes<T>(lanes: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runCheck({ name, commands, folder }: Check): Promise<void> {
  const started = Date.now();
  let output = '';
  let passed = true;
  for (const command of commands) {
    const result = await runNode(command, folder ?? ROOT);
    output += result.output;
    passed &&= result.code === 0;
    if (!passed) break;
  }
  counts[passed ? 'passed' : 'failed'] += 1;
  console.log(`${passed ? '✓' : '✗'} ${name} ${since(started)}`);
  if (!passed) console.log(output.trimEnd().replace(/^/gm, '    '));
}

/** Asks the registry for known vulnerabilities of level high. It is no check where the registry does not answer. */
async function auditDependencies(): Promise<void> {
  const started = Date.now();
  const { output } = await runProgram('npm', ['audit', '--audit-level=high', '--json'], ROOT);
  const found = graveVulnerabilities(output);
  if (found === null) return console.log('the registry tells no vulnerabilities: dependencies were not audited');
  counts[found.length === 0 ? 'passed' : 'failed'] += 1;
  console.log(`${found.length === 0 ? '✓' : '✗'} dependencies ${since(started)}`);
  for (const one of found) console.log(`    ${one}`);
}

/** Runs all projects of vitest.config.ts and returns the names of the servers that could not be had. */
async function runTests(): Promise<string[]> {
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-run-'));
  const report = join(folder, 'report.json');
  const missing = join(folder, 'missing');
  const vitest = [bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const { code } = await runNode(vitest, ROOT, { FLEETBEAT_MISSING_SERVERS: missing });
    const parsed = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as VitestReport) : undefined;
    const tests = countTests(parsed, code);
    counts.passed += tests.passed;
    counts.failed += tests.failed;
    counts.skipped += tests.skipped;
    console.log(`${tests.failed === 0 ? '✓' : '✗'} tests ${since(started)}`);
    return existsSync(missing) ? readFileSync(missing, 'utf8').trim().split('\n') : [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runNode(args: string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  return runProgram(process.execPath, ['--max-old-space-size=3072', ...args], cwd, env);
}

/** With `env` the output goes to ours as it comes, else it is collected. */
function runProgram(
  program: string,
  args: string[],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', env === undefined ? 'pipe' : 'inherit', env === undefined ? 'pipe' : 'inherit'],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function since(started: number): string {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
