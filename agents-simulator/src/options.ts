import { parseArgs } from 'node:util';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LEASE_SECONDS } from '@fleetbeat/contracts/task-leases.ts';
import { BUNDLED_TRACE } from './trace.ts';

/** What one run of the simulator does. Times are epoch milliseconds, durations milliseconds. */
export interface Options {
  readonly agents: number;
  readonly hosts: number;
  readonly users: number;
  readonly seed: number;
  /** The trace to replay, or null for synthetic load at `rate`. */
  readonly trace: string | null;
  readonly traceOnly: boolean;
  /** Events per second of synthetic load. */
  readonly rate: number;
  /** Undefined runs until it is told to stop (or, with `speed` max, to the end of the trace). */
  readonly durationMs: number | undefined;
  /** `max`: as fast as acknowledged; else how many times faster than real time. */
  readonly speed: 'max' | number;
  readonly end: number | undefined;
  /** After the backfill goes on live with the same fleet. */
  readonly follow: boolean;
  readonly suggest: boolean;
  /** In the ids of agents and hosts, so that further runs take up the same fleet; undefined: the run's hash. */
  readonly fleetName: string | undefined;
  readonly clockSkew: boolean;
  readonly late: boolean;
  readonly via: 'http' | 'kafka';
  readonly url: string;
  readonly api: string;
  readonly key: string | undefined;
  readonly dataDirs: readonly string[];
  readonly brokers: readonly string[];
  readonly batch: number;
  readonly connections: number;
  readonly verify: boolean;
  /** Compare the fleet even where its range was not empty before. */
  readonly fleet: boolean;
  readonly verifyTimeoutMs: number;
  /** Tasks to be made and worked off instead of events to be sent. */
  readonly work: { readonly tasks: number; readonly leaseSeconds: number } | null;
}

/** The command line is wrong: every mistake, one a line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

export const HELP = `Sends what a fleet of agents and hosts would send, and checks what Fleetbeat makes of it.

  npm run simulate -- [options]

Load
  --trace FILE       replay this trace (default: the bundled one, unless --rate or --duration is given)
  --trace-only       send the trace's rows alone, without sessions, tool calls, heartbeats, tasks or hosts
  --rate N           synthetic load: events per second (default 100)
  --duration S       stop after S seconds (default: live runs go on until Ctrl-C)
  --agents N         agents (default 40)
  --hosts N          hosts (default 6)
  --users N          people who talk to the agents (default 400)
  --seed N           the same seed and --end plan the same events again (default 1)
  --speed SPEED      live, a number of times faster, or max: backfill as fast as acknowledged (default live)
  --end TIME         when the last event happens: RFC 3339 or epoch milliseconds (default: now, or when a live run ends)
  --follow           with --speed max: go on live with the same fleet after the backfill
  --as NAME          the fleet of this name: further runs take up the same agents and hosts, and --follow fills in what is
                     missing since it was last heard of
  --suggest          agents suggest something to people now and then
  --clock-skew       the clocks of a tenth of the agents run 4 minutes ahead
  --late             a tenth of the agents is offline for an hour and then flushes what it has buffered

Where to
  --via http|kafka   through the gateway, or straight to Kafka (KAFKA_BROKERS), one event a record (default http)
  --url URL          the gateway (default INGEST_URL or http://127.0.0.1:4318)
  --api URL          the REST API (default PUBLIC_URL or http://127.0.0.1:3000)
  --key KEY          API key (default FLEETBEAT_ADMIN_KEY, else the one that a local npm start wrote)
  --batch N          events a request (default 250)
  --connections N    requests under way at a time (default 4)

Check
  --verify           wait until the pipeline has caught up and compare its answers with the ledger; exit 1 on a difference
  --fleet            compare fleet and models too where others have sent into the same hours before
  --timeout S        how long --verify waits for the pipeline (default 120), and --work for its end (default 900)

Work
  --work             make tasks and have a fleet work them off, with agents killed and answers lost; exit 1 unless each was
                     done once. Goes with --agents (default 200), --seed, --timeout, --url, --api and --key
  --tasks N          tasks to make (default 10000)
  --lease S          how long a silent agent keeps a task, in seconds (default 10)

  --help             this text
`;

const FLAGS = {
  agents: { type: 'string' },
  hosts: { type: 'string' },
  users: { type: 'string' },
  rate: { type: 'string' },
  duration: { type: 'string' },
  seed: { type: 'string' },
  trace: { type: 'string' },
  'trace-only': { type: 'boolean' },
  speed: { type: 'string' },
  end: { type: 'string' },
  follow: { type: 'boolean' },
  suggest: { type: 'boolean' },
  as: { type: 'string' },
  'clock-skew': { type: 'boolean' },
  late: { type: 'boolean' },
  via: { type: 'string' },
  url: { type: 'string' },
  api: { type: 'string' },
  key: { type: 'string' },
  batch: { type: 'string' },
  connections: { type: 'string' },
  verify: { type: 'boolean' },
  fleet: { type: 'boolean' },
  timeout: { type: 'string' },
  work: { type: 'boolean' },
  tasks: { type: 'string' },
  lease: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Flags that go with --work, and those that go with nothing else. */
const WORK_FLAGS: readonly string[] = ['work', 'agents', 'seed', 'timeout', 'url', 'api', 'key', 'tasks', 'lease'];
const WORK_ALONE = ['tasks', 'lease'] as const;

/**
 * Reads the command line and the environment. Answers 'help' where help is asked for; throws a
 * `UsageError` that lists every mistake.
 */
export function parseOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Options | 'help' {
  const mistakes: string[] = [];
  const parsed = parseArgs({ args: [...args], options: FLAGS, strict: false, allowPositionals: true, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind === 'positional') mistakes.push(`${token.value}: not an option; see --help`);
    if (token.kind !== 'option') continue;
    const flag = Object.entries(FLAGS).find(([name]) => name === token.name)?.[1];
    if (flag === undefined) mistakes.push(`${token.rawName}: no such option; see --help`);
    else if (flag.type === 'boolean' && token.value !== undefined) mistakes.push(`${token.rawName}: takes no value`);
    else if (flag.type === 'string' && token.value === undefined) mistakes.push(`${token.rawName}: needs a value`);
  }
  const flags = parsed.values;
  if (flags['help'] === true) return 'help';

  const text = (name: keyof typeof FLAGS): string | undefined => {
    const value = flags[name];
    return typeof value === 'string' ? value : undefined;
  };
  const isSet = (name: keyof typeof FLAGS): boolean => flags[name] === true;
  const number = (
    name: keyof typeof FLAGS,
    { min, max, whole = true }: { min: number; max: number; whole?: boolean },
  ): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const read = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(read) || read < min || read > max || (whole && !Number.isInteger(read))) {
      mistakes.push(`--${name} ${value}: must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
      return undefined;
    }
    return read;
  };
  const choice = <T extends string>(name: keyof typeof FLAGS, choices: readonly T[], fallback: T): T => {
    const value = text(name);
    if (value === undefined) return fallback;
    const found = choices.find((known) => known === value);
    if (found === undefined) mistakes.push(`--${name} ${value}: must be one of ${choices.join(', ')}`);
    return found ?? fallback;
  };
  const url = (name: 'url' | 'api', variable: string, fallback: string): string => {
    const given = text(name);
    const value = given ?? env[variable] ?? fallback;
    if (!/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
      mistakes.push(`${given === undefined ? variable : `--${name}`} ${value}: must be an http or https URL`);
    }
    return value.replace(/\/+$/, '');
  };

  const rate = number('rate', { min: 0.1, max: 1_000_000, whole: false });
  const duration = number('duration', { min: 1, max: 86_400, whole: false });
  const speed = readSpeed(text('speed'), mistakes);
  const end = readEnd(text('end'), mistakes);
  const via = choice('via', ['http', 'kafka'], 'http');
  const brokers = (env['KAFKA_BROKERS'] ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const cwd = env['INIT_CWD'] ?? process.cwd();
  const trace = text('trace') === undefined ? undefined : resolvePath(text('trace') ?? '', cwd);
  const synthetic =
    trace === undefined &&
    (rate !== undefined || duration !== undefined || text('rate') !== undefined || text('duration') !== undefined);

  if (trace !== undefined && !existsSync(trace)) mistakes.push(`--trace ${text('trace')}: no such file`);
  if (trace !== undefined && text('rate') !== undefined) mistakes.push('--rate: is for synthetic load; leave out --trace');
  if (isSet('trace-only') && synthetic) mistakes.push('--trace-only: needs a trace; name it with --trace');
  if (speed === 'max' && synthetic && duration === undefined) mistakes.push('--speed max: synthetic load needs --duration');
  if (typeof speed === 'number' && speed !== 1 && synthetic)
    mistakes.push('--speed: synthetic load runs live or max; set --rate instead');
  const endless = isSet('follow') || (speed !== 'max' && duration === undefined);
  if (isSet('follow') && speed !== 'max') mistakes.push('--follow: goes with --speed max');
  if (end !== undefined && endless && !isSet('follow')) mistakes.push('--end: needs a run that ends; give --duration');
  if (isSet('late') && endless) mistakes.push('--late: needs a run that ends; give --duration');
  if (isSet('verify') && isSet('follow')) mistakes.push('--verify: leave out --follow');
  const fleetName = text('as');
  if (fleetName !== undefined && !/^[a-z0-9-]{1,32}$/.test(fleetName))
    mistakes.push(`--as ${fleetName}: must be up to 32 of a to z, 0 to 9 and -`);
  if (fleetName !== undefined && isSet('verify')) mistakes.push('--as: leave out --verify, which counts whole agents');
  if (via === 'kafka' && brokers.length === 0) mistakes.push('--via kafka: needs KAFKA_BROKERS');
  if (isSet('fleet') && !isSet('verify')) mistakes.push('--fleet: goes with --verify');

  const working = isSet('work');
  if (working) {
    const others = Object.keys(flags).filter((name) => name in FLAGS && !WORK_FLAGS.includes(name));
    for (const name of others) mistakes.push(`--${name}: does not go with --work`);
  } else for (const name of WORK_ALONE) if (flags[name] !== undefined) mistakes.push(`--${name}: goes with --work`);
  const tasks = number('tasks', { min: 1, max: 1_000_000 }) ?? 10_000;
  const leaseSeconds = number('lease', { min: LEASE_SECONDS.min, max: LEASE_SECONDS.max }) ?? 10;

  const agents = number('agents', { min: 1, max: 100_000 }) ?? (working ? 200 : 40);
  if ((isSet('late') || isSet('clock-skew')) && agents < 10) mistakes.push('--agents: a tenth of them needs at least 10');

  const options: Options = {
    agents,
    hosts: number('hosts', { min: 1, max: 10_000 }) ?? 6,
    users: number('users', { min: 1, max: 10_000_000 }) ?? 400,
    seed: number('seed', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 1,
    trace: synthetic ? null : (trace ?? BUNDLED_TRACE),
    traceOnly: isSet('trace-only'),
    rate: rate ?? 100,
    durationMs: duration === undefined ? undefined : Math.round(duration * 1_000),
    speed,
    end,
    follow: isSet('follow'),
    suggest: isSet('suggest'),
    fleetName,
    clockSkew: isSet('clock-skew'),
    late: isSet('late'),
    via,
    url: url('url', 'INGEST_URL', 'http://127.0.0.1:4318'),
    api: url('api', 'PUBLIC_URL', 'http://127.0.0.1:3000'),
    key: text('key') ?? (env['FLEETBEAT_ADMIN_KEY'] === '' ? undefined : env['FLEETBEAT_ADMIN_KEY']),
    dataDirs: [env['FLEETBEAT_DATA'], '.data', '.data-demo']
      .filter((dir) => dir !== undefined && dir !== '')
      .map((dir) => resolve(dir ?? '')),
    brokers,
    batch: number('batch', { min: 1, max: 5_000 }) ?? 250,
    connections: number('connections', { min: 1, max: 64 }) ?? 4,
    verify: isSet('verify'),
    fleet: isSet('fleet'),
    verifyTimeoutMs: (number('timeout', { min: 1, max: 3_600 }) ?? (working ? 900 : 120)) * 1_000,
    work: working ? { tasks, leaseSeconds } : null,
  };
  if (mistakes.length > 0) throw new UsageError(mistakes);
  return options;
}

function readSpeed(value: string | undefined, mistakes: string[]): 'max' | number {
  if (value === undefined || value === 'live') return 1;
  if (value === 'max') return 'max';
  const factor = value.trim() === '' ? Number.NaN : Number(value);
  if (factor > 0 && factor <= 10_000) return factor;
  mistakes.push(`--speed ${value}: must be live, max or a number up to 10000`);
  return 1;
}

function readEnd(value: string | undefined, mistakes: string[]): number | undefined {
  if (value === undefined) return undefined;
  const time = /^\d{12,14}$/.test(value)
    ? Number(value)
    : /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(value)
      ? Date.parse(value)
      : Number.NaN;
  if (!Number.isNaN(time)) return time;
  mistakes.push(`--end ${value}: must be RFC 3339 with a time zone, or epoch milliseconds`);
  return undefined;
}

/** npm runs scripts in the project's folder; a path is meant from where the user stands. */
function resolvePath(path: string, cwd: string): string {
  const here = resolve(cwd, path);
  return existsSync(here) ? here : resolve(path);
}
