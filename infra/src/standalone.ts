import { ConfigError, LOG_LEVELS } from './config.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';
import { misspelledVariables } from './misspelled-variables.ts';
import type { ServiceName } from './service-context.ts';
import { banner } from './standalone/banner.ts';
import { DataFolderInUse } from './standalone/data-folder-lock.ts';
import { PortTaken, type Standalone, startStandalone } from './standalone/start.ts';

/** What must run before somebody who signs in sees anything. */
const SHOWS_THE_FLEET = ['processors', 'bff', 'gateway'] as const satisfies readonly ServiceName[];

/**
 * Starts Fleetbeat on this machine (`npm start`) and stays until SIGTERM or SIGINT. `onReady` runs once events
 * can be sent and seen, and the banner was printed.
 */
export async function runStandalone(
  env: NodeJS.ProcessEnv,
  onReady: (standalone: Standalone, lifecycle: Lifecycle) => void | Promise<void> = () => undefined,
): Promise<void> {
  process.title = 'fleetbeat';
  // A level that there is not is told with the other mistakes.
  const logger = createLogger('standalone', LOG_LEVELS.find((level) => level === env['LOG_LEVEL']?.trim()) ?? 'info');
  const lifecycle = createLifecycle(logger);
  lifecycle.handleSignals();
  for (const warning of misspelledVariables(env)) logger.warn(warning);
  try {
    const standalone = await startStandalone(env, logger, lifecycle);
    for (const name of SHOWS_THE_FLEET) await standalone.services.get(name)?.ready;
    process.stdout.write(banner(standalone.config, await standalone.loginLink()));
    await onReady(standalone, lifecycle);
  } catch (error) {
    // What the stop itself has cut short is no failure.
    if (lifecycle.stopping) return;
    console.error(isPlain(error) ? `\nfleetbeat: ${error.message}\n` : error);
    await lifecycle.stop('failed start').catch(() => undefined);
    process.exit(error instanceof ConfigError ? 78 : 1);
  }
}

/** Errors that say all there is to say. */
function isPlain(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof DataFolderInUse || error instanceof PortTaken;
}

if (import.meta.main) await runStandalone(process.env);
