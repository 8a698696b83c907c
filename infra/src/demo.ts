import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DEMO_FOLDER } from './data-folders.ts';
import { createLogger } from './logger.ts';
import { supervise } from './standalone/supervise.ts';
import { runStandalone } from './standalone.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The last hour, replayed from the bundled trace as fast as it is taken; then the same fleet goes on live. Started again, on the
 * data of an earlier demo too, it fills in what is missing of that hour.
 */
const LOAD = ['--as', 'demo', '--speed', 'max', '--follow', '--suggest', '--agents', '40', '--hosts', '6'];

/**
 * `npm run demo`: standalone on a data folder of its own, with a simulated fleet. The terminal belongs to the sign-in
 * link, so only warnings are logged unless LOG_LEVEL asks for more.
 */
const env: NodeJS.ProcessEnv = {
  ...process.env,
  FLEETBEAT_DATA: process.env['FLEETBEAT_DATA'] || DEMO_FOLDER,
  LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
};

console.log('fleetbeat: starting the demo ...');
await runStandalone(env, ({ config, env: serviceEnv }, lifecycle) => {
  const logger = createLogger('demo', config.logLevel);
  const trace = ['--trace', join(ROOT, 'agents-simulator', 'data', 'azure-llm-2023-code.csv')];
  const target = ['--url', config.ingestUrl, '--api', config.publicUrl];
  const program = join(ROOT, 'agents-simulator', 'src', 'main.ts');
  const supervised = ['--import', join(import.meta.dirname, 'standalone', 'end-with-supervisor.ts')];
  const args = [...supervised, program, ...trace, ...LOAD, ...target];
  function spawnSimulator() {
    return spawn(process.execPath, args, {
      cwd: ROOT,
      env: serviceEnv,
      // Its progress would write over the sign-in link.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: process.platform !== 'win32',
    });
  }
  const simulator = supervise('simulator', spawnSimulator, join(config.dataDir, 'run', 'simulator.pid'), logger);
  lifecycle.onStop('simulator', () => simulator.stop(), 30_000);
  console.log('  A simulated fleet of 40 agents and 6 hosts catches up on the last hour and goes on live.\n');
});
