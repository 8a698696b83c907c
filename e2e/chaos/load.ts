import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { RunningSystem } from '../start-system.ts';

const SIMULATOR = join(import.meta.dirname, '..', '..', 'agents-simulator', 'src', 'main.ts');
/** The line that the simulator prints when its first events are about to be sent. */
const STARTED = /^run \w+:/m;

/** What a simulator reports; it holds the API against its own ledger, field by field. */
export interface LoadReport {
  readonly name: string;
  /** 0: every figure is as its ledger says. */
  readonly code: number;
  readonly output: string;
  readonly accepted: number;
  readonly retriedRequests: number;
  readonly responses: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Load {
  readonly name: string;
  /** Resolves when it sends. Rejects where it ends before. */
  readonly started: Promise<void>;
  readonly report: Promise<LoadReport>;
  /** Ends the sending; the verification follows. */
  finish(): void;
  kill(): void;
}

/** Starts `npm run simulate -- ...args --verify` against a system. */
export function startLoad(system: Pick<RunningSystem, 'api' | 'ingest' | 'key' | 'dataDir'>, name: string, args: string): Load {
  const child = spawn(process.execPath, [SIMULATOR, ...args.split(' '), '--verify', '--timeout', '300'], {
    env: {
      PATH: process.env['PATH'],
      FLEETBEAT_DATA: system.dataDir,
      FLEETBEAT_ADMIN_KEY: system.key,
      INGEST_URL: system.ingest,
      PUBLIC_URL: system.api,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const { promise: started, resolve: starts, reject: endsBefore } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (STARTED.test(output)) starts();
    });
  }
  const report = new Promise<LoadReport>((resolve) => {
    child.once('close', (code) => {
      endsBefore(new Error(`${name} did not start to send:\n${output}`));
      resolve(readReport(name, code ?? -1, output));
    });
  });
  return { name, started, report, finish: () => child.kill('SIGTERM'), kill: () => child.kill('SIGKILL') };
}

function readReport(name: string, code: number, output: string): LoadReport {
  const figure = (pattern: RegExp): number => Number(pattern.exec(output)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  return {
    name,
    code,
    output,
    accepted: figure(/ accepted ([\d,]+)/),
    retriedRequests: figure(/retried requests ([\d,]+)/),
    responses: figure(/^responses ([\d,]+)/m),
    inputTokens: figure(/ input tokens ([\d,]+)/),
    outputTokens: figure(/ output tokens ([\d,]+)/),
  };
}
