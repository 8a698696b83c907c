import { answers, ApiError, createPlatform, findKey, Unreachable, type Platform } from './platform.ts';
import { followPipeline, readPipeline, StillBehind } from './catch-up.ts';
import { dispatch, emptyProgress, type Progress } from './dispatch.ts';
import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { readFleetBefore, type FleetBefore } from './fleet-check.ts';
import { createHttpSender } from './http-sender.ts';
import { createKafkaSender } from './kafka-sender.ts';
import { createLatencies } from './latencies.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { HELP, parseOptions, UsageError, type Options } from './options.ts';
import { showProgress } from './progress-line.ts';
import { reportRun, reportVerification } from './report.ts';
import { createScenario, type Scenario } from './scenario.ts';
import { watchScreen } from './screen-watch.ts';
import type { Sender } from './sender.ts';
import { readTrace } from './trace.ts';
import { suggestNowAndThen } from './suggestions.ts';
import { verify } from './verify.ts';
import { runWork } from './work/run-work.ts';

/** How often the pipeline's lag is asked for, in milliseconds. */
const LAG_EVERY_MS = 2_000;
/** How long the last batches are waited for on screen, in milliseconds. */
const SCREEN_WAIT_MS = 5_000;
const MARGIN_MS = 3_600_000;

/** Nothing to do with the platform's answers: the run itself could not be. */
class CannotRun extends Error {
  override readonly name = 'CannotRun';
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === 'help') process.stdout.write(HELP);
  else process.exitCode = options.work === null ? await run(options) : await work(options, options.work);
} catch (error) {
  if (error instanceof UsageError) {
    for (const mistake of error.mistakes) console.error(mistake);
    process.exitCode = 2;
  } else if (
    error instanceof CannotRun ||
    error instanceof ApiError ||
    error instanceof Unreachable ||
    error instanceof StillBehind
  ) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}

/** Sends what the options say, reports, verifies. Answers the exit code. */
async function run(options: Options): Promise<number> {
  const trace = options.trace === null ? null : readTrace(options.trace);
  const platform = await connect(options);
  const sender = await openSender(options, platform?.key);
  const earlier = await takeUp(options, platform);
  const startedAt = Date.now();
  const scenario = createScenario(options, trace, startedAt, earlier);
  const before = platform === undefined ? undefined : await readPipeline(platform);
  const fleetBefore = await lookAtFleet(options, platform, scenario, startedAt);

  const progress = emptyProgress();
  const ledger = options.verify ? createLedger() : undefined;
  const latencies = createLatencies();
  const screen = platform === undefined ? undefined : watchScreen(options.api, platform.key);
  const lag = platform === undefined ? undefined : watchLag(platform);
  const stop = stopOnSignals();
  if (options.suggest && platform !== undefined) void suggestNowAndThen(platform, options.api, options.seed, stop);
  console.error(describePlan(options, scenario));
  const line = showProgress(
    process.stderr,
    progress,
    () => doneShare(scenario, ledger, progress, startedAt),
    () => lag?.events ?? null,
  );
  try {
    await dispatch(scenario.events(), progress, {
      batch: options.batch,
      connections: options.connections,
      paced: scenario.plan.paced,
      sender,
      signal: stop,
      onAcknowledged(batch, { rejected, sentAt, acknowledgedAt }) {
        latencies.add(acknowledgedAt - sentAt);
        screen?.acknowledged(sentAt, acknowledgedAt);
        if (ledger === undefined) return;
        const refused = new Set(rejected.map(({ index }) => index));
        batch.forEach((event, index) => {
          if (!refused.has(index)) ledger.record(event);
        });
      },
    });
  } finally {
    line.stop();
    lag?.stop();
    await sender.close();
  }
  const seconds = (Date.now() - startedAt) / 1_000;

  try {
    const deadline = Date.now() + options.verifyTimeoutMs;
    const catchUp =
      platform === undefined || before === undefined || ledger === undefined
        ? undefined
        : await followPipeline(platform, before, ledger.topics);
    await catchUp?.untilRead(deadline);
    for (const end = Date.now() + SCREEN_WAIT_MS; (screen?.pending ?? 0) > 0 && Date.now() < end;) await sleep(50);
    const after = platform === undefined ? undefined : await readPipeline(platform);
    const duplicates = before === undefined || after === undefined ? null : after.duplicate - before.duplicate;
    for (const text of reportRun(progress, seconds, latencies, screen?.latencies, duplicates)) console.log(text);
    let failed = progress.unknown > 0 || progress.rejected > 0;
    if (platform !== undefined && ledger !== undefined && catchUp !== undefined) {
      const verification = await verify(platform, ledger, {
        before: fleetBefore,
        repeated: (duplicates ?? 0) > 0,
        hasPassed: catchUp.hasPassed,
        deadline,
      });
      for (const text of reportVerification(verification)) console.log(text);
      failed ||= verification.differences.length > 0;
    }
    return failed ? 1 : 0;
  } finally {
    screen?.close();
  }
}

/** Has a fleet work off tasks and checks that each was done once. Answers the exit code. */
async function work(options: Options, amount: NonNullable<Options['work']>): Promise<number> {
  const platform = await connect({ ...options, verify: true });
  if (platform === undefined) throw new CannotRun(`nothing answers at ${options.api}`);
  return runWork(platform, options, amount);
}

/** The platform's API, or undefined where it does not answer and is not needed. */
async function connect(options: Options): Promise<Platform | undefined> {
  const { api, url, via } = options;
  if (via === 'http' && !(await answers(`${url}/health`)))
    throw new CannotRun(`nothing answers at ${url}: run npm start first, or name the gateway with --url`);
  if (!(await answers(`${api}/health`))) {
    if (options.verify) throw new CannotRun(`nothing answers at ${api}: run npm start first, or name the API with --api`);
    console.error(`nothing answers at ${api}: going on without lag and screen times`);
    return undefined;
  }
  const platform = createPlatform(api, await findKey(options));
  try {
    await readPipeline(platform);
    return platform;
  } catch (error) {
    if (error instanceof ApiError && / answered 40[13]/.test(error.message)) {
      const reason = platform.key === undefined ? 'wants a key, and none was found' : 'does not take the key';
      if (options.verify) throw new CannotRun(`${api} ${reason}: give one with --key or FLEETBEAT_ADMIN_KEY`);
      console.error(`${api} ${reason}: going on without lag and screen times`);
      return undefined;
    }
    throw error;
  }
}

async function openSender(options: Options, key: string | undefined): Promise<Sender> {
  if (options.via === 'http')
    return createHttpSender({ url: options.url, key: options.key ?? key, connections: options.connections });
  try {
    return await createKafkaSender({ brokers: options.brokers });
  } catch (error) {
    throw new CannotRun(`no Kafka at ${options.brokers.join(',')}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What there is of the fleet that the options name: without it, nobody knows what is missing. */
async function takeUp(
  { fleetName, api, verifyTimeoutMs }: Options,
  platform: Platform | undefined,
): Promise<EarlierRun | undefined> {
  if (fleetName === undefined) return undefined;
  if (platform === undefined) throw new CannotRun(`--as ${fleetName} needs the API at ${api}, to see what there is of it`);
  return readEarlierRun(platform, fleetName, Date.now() + verifyTimeoutMs);
}

/** The fleet before the run, with room on both sides for odd clocks. */
async function lookAtFleet(
  options: Options,
  platform: Platform | undefined,
  { plan }: Scenario,
  startedAt: number,
): Promise<FleetBefore | 'ignore'> {
  if (options.fleet || !options.verify || platform === undefined) return 'ignore';
  return readFleetBefore(platform, plan.anchor - 2 * MARGIN_MS, (plan.end ?? startedAt) + MARGIN_MS);
}

/** The pipeline's lag, asked for now and then; a failure leaves the last known. */
function watchLag(platform: Platform): { events: number | null; stop(): void } {
  let asking = false;
  const watch = {
    events: null as number | null,
    stop: () => clearInterval(timer),
  };
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      watch.events = (await readPipeline(platform)).lag_events;
    } catch {
      watch.events = null;
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void ask(), LAG_EVERY_MS);
  return watch;
}

/** The first signal ends the sending in good order, the second one the process. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function doneShare({ plan }: Scenario, ledger: Ledger | undefined, progress: Progress, startedAt: number): number | undefined {
  if (plan.end === undefined) return undefined;
  if (plan.paced) return (Date.now() - startedAt) / Math.max(1, plan.end - startedAt);
  if (ledger === undefined || progress.accepted === 0) return undefined;
  return (ledger.to - plan.anchor) / Math.max(1, plan.end - plan.anchor);
}

function describePlan(options: Options, { plan }: Scenario): string {
  const what = options.trace === null ? `${options.rate} events/s` : options.trace;
  const until = plan.end === undefined ? 'until stopped' : `--end ${new Date(plan.end).toISOString()}`;
  return `run ${plan.run}: ${what}, ${options.agents} agents, --seed ${options.seed} ${until}, via ${options.via}`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
