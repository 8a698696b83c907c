import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../infra/native/free-port.ts';
import { startSystem, type RunningSystem } from '../start-system.ts';
import { checkAccounts } from './accounts.ts';
import { createCanaries } from './canaries.ts';
import { startEngines, type Engines } from './engines.ts';
import { createExtraProcessors } from './extra-processors.ts';
import { watchGatewayMemory } from './gateway-memory.ts';
import { inflict, readPid } from './inflict.ts';
import { untilJobRuns } from './job-runs.ts';
import { startLoad, type Load } from './load.ts';
import { createPress } from './press.ts';
import { describeFault, needsOwnDatabase, randomOf, type DeploymentName, type EngineTarget, type Fault } from './schedule.ts';
import { watchScreen } from './screen.ts';
import { NotInTime, waitUntil } from './wait-until.ts';

const TRACE = join(import.meta.dirname, '..', '..', 'agents-simulator', 'data', 'azure-llm-2023-code.csv');
/** The load that sends what another has sent before. */
const REPEATED = 'the same hour again';
/** Whatever has not come back by then needs a hand. */
const RECOVERY_MS = 180_000;
const SETTLE_MS = 60_000;
/**
 * How much more memory the gateway may hold than before the first fault, MiB: six times the 64 MiB of bodies that it lets in,
 * for what they are decoded to, for what the Kafka client makes of that, and for garbage that was not yet collected.
 */
const GATEWAY_GROWTH_MIB = 384;

export interface ChaosOptions {
  readonly deployment: DeploymentName;
  readonly faults: readonly Fault[];
  /** Decides the pauses and the load. */
  readonly seed: number;
  /** Mean pause between the end of one fault and the next. */
  readonly secondsBetween: number;
  /** Events per second of the load that runs all the time. */
  readonly rate: number;
  /** How long the fleet runs of which a tenth was offline; it buffers an hour and flushes half-way. */
  readonly lateSeconds: number;
  /**
   * Wait after each fault until events sent after it are stored, not only shown, and at the end for a repeating job and the
   * platform's own reconciliation: some ten seconds a fault and a minute more.
   */
  readonly thorough: boolean;
  /** While a fault lasts, a client that does not wait when it is told to sends megabytes to the gateway. */
  readonly press: boolean;
  readonly say: (text: string) => void;
}

/** What became of one fault; times are milliseconds since it was inflicted. */
export interface FaultRow {
  readonly at: number;
  readonly fault: Fault;
  /** The process or server runs again, the paused one was woken, the added one is ready. */
  readonly over: number;
  /** The gateway has acknowledged an event for every partition that was sent after that. */
  readonly taken: number;
  /** A dashboard that stayed open shows them. */
  readonly shown: number;
  /** They and everything before them are in stored cuts; null where nobody waited for that. */
  readonly stored: number | null;
}

export interface ChaosReport {
  readonly rows: readonly FaultRow[];
  /** Everything that is not as it must be, in words; empty is success. */
  readonly differences: readonly string[];
  readonly loads: readonly { name: string; accepted: number; retriedRequests: number }[];
  /** Memory of the gateway before the first fault and at most afterwards, MiB. */
  readonly gatewayMiB: { readonly first: number; readonly most: number };
  /** Where the logs are kept if there are differences. */
  readonly dataDir: string;
}

/** Starts a deployment, keeps it under verified load, inflicts the seed's faults and settles the accounts at the end. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-chaos-'));
  const engines = await startEngines(folder, enginesOf(options));
  let failed = true;
  try {
    const system = await startSystem({
      ...engines.variables,
      METRICS_PORT: String(await freePortsInARow(3)),
      LOG_LEVEL: 'info',
    });
    try {
      const report = await disturb(system, engines, options);
      failed = report.differences.length > 0;
      return report;
    } finally {
      await system.stop({ keepData: failed });
    }
  } finally {
    await engines.stop();
    if (!failed) rmSync(folder, { recursive: true, force: true });
  }
}

function enginesOf({ deployment, faults }: ChaosOptions): EngineTarget[] {
  const engines: EngineTarget[] = deployment === 'kafka' ? ['kafka', 'influxdb', 'redis'] : [];
  return needsOwnDatabase(faults) ? [...engines, 'postgres'] : engines;
}

async function disturb(
  system: RunningSystem,
  engines: Engines,
  { faults, seed, secondsBetween, rate, lateSeconds, thorough, press: pressed, say }: ChaosOptions,
): Promise<ChaosReport> {
  const began = performance.now();
  const random = randomOf(seed ^ 0x5eed);
  const canaries = createCanaries(system);
  const extras = createExtraProcessors(system);
  const press = pressed ? createPress(system) : undefined;
  const screen = watchScreen(system);
  const memory = await watchGatewayMemory(system);
  const loads: Load[] = [];
  const rows: FaultRow[] = [];
  const differences: string[] = [];
  const load = async (name: string, args: string): Promise<Load> => {
    const started = startLoad(system, name, args);
    loads.push(started);
    await started.started;
    return started;
  };
  const trace = `--trace ${TRACE} --trace-only --speed max --seed ${seed} --end ${Math.floor(Date.now() / 1_000) * 1_000}`;

  /** Sends to every partition and follows it all the way; tells when each stage was reached. */
  async function follow(): Promise<Pick<FaultRow, 'taken' | 'shown' | 'stored'>> {
    await canaries.send(RECOVERY_MS);
    const taken = performance.now();
    const acknowledgedAt = Date.now();
    const shown = waitUntil(
      'the dashboard shows it',
      () => Promise.resolve(screen.through >= acknowledgedAt ? performance.now() : undefined),
      RECOVERY_MS,
    );
    const stored = thorough ? canaries.untilStored(RECOVERY_MS).then(() => performance.now()) : null;
    const [shownAt, storedAt] = await Promise.all([shown, stored]);
    return { taken, shown: shownAt, stored: storedAt };
  }

  /** Inflicts one fault after the other, each when the pipeline has recovered from the one before. */
  async function inflictAll(): Promise<void> {
    const lateLoad = `--rate 60 --agents 20 --hosts 2 --duration ${lateSeconds} --seed ${seed + 1} --late`;
    for (const [index, fault] of faults.entries()) {
      if (index === Math.floor(faults.length / 4)) await load('a tenth was offline for an hour', lateLoad);
      if (index === Math.floor(faults.length / 2)) await load(REPEATED, trace);
      await sleep(secondsBetween * 1_000 * (0.5 + random()));
      const start = performance.now();
      try {
        const inflicted = inflict(fault, { system, engines, extras, untilMoves: async () => void (await follow()) });
        await (press === undefined ? inflicted : press.during(inflicted));
        const over = performance.now() - start;
        const { taken, shown, stored } = await follow();
        const row: FaultRow = {
          at: start - began,
          fault,
          over,
          taken: taken - start,
          shown: shown - start,
          stored: stored === null ? null : stored - start,
        };
        rows.push(row);
        say(rowText(rows.length, row));
      } catch (error) {
        throw error instanceof NotInTime
          ? new NotInTime(`no recovery from fault ${index + 1}, ${describeFault(fault)}: ${error.message}`)
          : error;
      }
    }
  }

  /** Ends the load, waits until everything has arrived and compares. */
  async function settle(steady: Load): Promise<void> {
    const finishedAt = Date.now();
    steady.finish();
    const [reports] = await Promise.all([
      Promise.all(loads.map((each) => each.report)),
      thorough ? untilJobRuns(system) : Promise.resolve(),
    ]);
    const sent = {
      distinct: reports.filter(({ name }) => name !== REPEATED),
      repeated: reports.filter(({ name }) => name === REPEATED),
      canaries,
      pressed: press?.events ?? 0,
    };
    // The probe would go on sending while the sums are compared.
    const probe = await waitUntil('the probe runs', () => readPid(system, 'probe'), RECOVERY_MS);
    process.kill(probe, 'SIGSTOP');
    try {
      await canaries.untilStored(RECOVERY_MS);
      if (thorough) await untilReconciled(system, finishedAt);
      // What is missing now because an answer is a moment behind comes; what was lost never does.
      for (const deadline = Date.now() + SETTLE_MS; ; await sleep(1_000)) {
        const found = await checkAccounts(system, sent);
        if (found.length > 0 && Date.now() < deadline && reports.every(({ code }) => code === 0)) continue;
        differences.push(...found);
        return;
      }
    } finally {
      process.kill(probe, 'SIGCONT');
    }
  }

  try {
    const first = await load('a real hour', trace);
    await first.report;
    const steady = await load('steady load, clocks ahead', `--rate ${rate} --agents 60 --hosts 4 --seed ${seed} --clock-skew`);
    await press?.sendOnce(RECOVERY_MS);
    await follow();
    await inflictAll();
    await settle(steady);
  } catch (error) {
    if (!(error instanceof NotInTime)) throw error;
    differences.push(error.message);
  } finally {
    screen.close();
    memory.stop();
    for (const each of loads) each.kill();
    await extras.stop();
  }
  differences.push(...extras.lost);
  if (memory.most - memory.first > GATEWAY_GROWTH_MIB) {
    differences.push(
      `the gateway held ${memory.most.toFixed(0)} MiB, after ${memory.first.toFixed(0)} MiB before the first fault`,
    );
  }
  if (!system.running) differences.push('the supervisor has ended');
  const { first, most } = memory;
  const reports = await Promise.all(loads.map((each) => each.report));
  return { rows, differences, loads: reports, gatewayMiB: { first, most }, dataDir: system.dataDir };
}

export const ROW_TITLES = '  #     at  fault                            over   taken   shown  stored  (s after the fault)';

function rowText(number: number, row: FaultRow): string {
  const seconds = (ms: number | null): string => (ms === null ? '-' : (ms / 1_000).toFixed(1)).padStart(6);
  return [
    String(number).padStart(3),
    (row.at / 1_000).toFixed(0).padStart(5),
    '',
    describeFault(row.fault).padEnd(30),
    ...[row.over, row.taken, row.shown, row.stored].map((ms) => ` ${seconds(ms)}`),
  ].join(' ');
}

/** Resolves when the platform has itself compared everything up to `through` with what its stores hold. */
async function untilReconciled(system: RunningSystem, through: number): Promise<void> {
  await waitUntil(
    'the ledger is reconciled',
    async () => (((await system.get<Pipeline>('/pipeline')).reconciled_through ?? 0) >= through ? true : undefined),
    RECOVERY_MS,
  );
}

/** The first of `count` ports that are free one after the other. */
async function freePortsInARow(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = await Promise.all(Array.from({ length: count - 1 }, (_, index) => freePort(first + index + 1)));
    if (rest.every((port, index) => port === first + index + 1)) return first;
  }
}
