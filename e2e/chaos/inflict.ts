import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '../start-system.ts';
import type { Engines } from './engines.ts';
import type { ExtraProcessors } from './extra-processors.ts';
import type { EngineTarget, Fault, SupervisedTarget } from './schedule.ts';
import { stopProcesses } from './stop-processes.ts';
import { waitUntil } from './wait-until.ts';

export interface FaultEffects {
  readonly system: RunningSystem;
  /** Undefined where the deployment has none. */
  readonly engines: Engines | undefined;
  readonly extras: ExtraProcessors;
  /** Resolves when what is sent from now on has been taken and stored. */
  readonly untilMoves: () => Promise<void>;
}

const PROCESS_TIMEOUT_MS = 120_000;

/**
 * Does to a deployment what the fault says. Resolves when the fault is over as far as it is this run's to end it: a server
 * of the cluster answers again, a paused process goes on. What the supervisor restarts is its own affair; that it has, is
 * asked for with `untilReplaced`.
 */
export async function inflict(fault: Fault, effects: FaultEffects): Promise<void> {
  const { system, engines, extras } = effects;
  const engineOf = (target: EngineTarget): Engines => {
    if (engines === undefined) throw new Error(`this deployment has no ${target}`);
    return engines;
  };
  switch (fault.kind) {
    case 'kill': {
      const pid = await pidOf(system, fault.target);
      process.kill(pid, 'SIGKILL');
      await untilReplaced(system, fault.target, pid);
      return;
    }
    case 'outage': {
      const engine = engineOf(fault.target);
      await engine.kill(fault.target);
      await sleep(fault.awayMs);
      await engine.startAgain(fault.target);
      return;
    }
    case 'stall': {
      const pid = fault.target === 'gateway' ? await pidOf(system, 'gateway') : engineOf(fault.target).pid(fault.target);
      const wake = await stopProcesses(pid);
      await sleep(fault.stalledMs).finally(wake);
      return;
    }
    case 'add processor':
      return extras.add();
    case 'remove processor':
      return extras.remove(fault.signal);
    case 'pause processors': {
      if (extras.count === 0) await extras.add();
      const pid = await pidOf(system, 'processors');
      process.kill(pid, 'SIGSTOP');
      // It can only move once the others have everything: the sleeper was given some of it.
      await effects.untilMoves().finally(() => process.kill(pid, 'SIGCONT'));
      return;
    }
    default:
      return fault satisfies never;
  }
}

/** The process behind a target now; waits for one that is just being restarted. */
function pidOf(system: RunningSystem, target: SupervisedTarget): Promise<number> {
  return waitUntil(`the process of ${target}`, () => readPid(system, target), PROCESS_TIMEOUT_MS);
}

async function untilReplaced(system: RunningSystem, target: SupervisedTarget, killed: number): Promise<void> {
  await waitUntil(
    `${target} runs again`,
    async () => {
      const pid = await readPid(system, target);
      return pid === killed ? undefined : pid;
    },
    PROCESS_TIMEOUT_MS,
  );
}

/** The number of a process, from the file that its supervisor keeps. */
export async function readPid({ dataDir }: RunningSystem, target: SupervisedTarget | 'probe'): Promise<number | undefined> {
  const file = target === 'postgres' ? join('postgres', 'cluster', 'postmaster.pid') : join('run', `${target}.pid`);
  const pid = Number.parseInt(await readFile(join(dataDir, file), 'utf8'), 10);
  return pid > 0 ? pid : undefined;
}
