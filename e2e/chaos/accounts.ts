import type { HostMetrics, Metrics, Pipeline } from '@fleetbeat/contracts/api.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningSystem } from '../start-system.ts';
import type { Canaries } from './canaries.ts';
import type { LoadReport } from './load.ts';

const HOUR = 3_600_000;

export interface Sent {
  /** Loads whose events nobody else has sent. */
  readonly distinct: readonly LoadReport[];
  /** Loads that sent once more what another had sent. */
  readonly repeated: readonly LoadReport[];
  readonly canaries: Canaries;
  /** Events of the client that presses, which are no responses. */
  readonly pressed: number;
}

/**
 * Holds the platform's own accounts against what was acknowledged, to the last event. Answers every difference in words.
 * Nothing may be on its way any more, and nobody else may send; the host probe's samples are taken from the API.
 */
export async function checkAccounts(system: RunningSystem, { distinct, repeated, canaries, pressed }: Sent): Promise<string[]> {
  const differences: string[] = [];
  const expect = (what: string, expected: number, actual: number): void => {
    if (expected !== actual) differences.push(`${what}: ${expected} expected, ${actual} found`);
  };
  const add = (figure: (report: LoadReport) => number): number => distinct.reduce((sum, report) => sum + figure(report), 0);

  for (const { name, code, output } of [...distinct, ...repeated]) {
    if (code !== 0) differences.push(`${name} ended with code ${code}:\n${output}`);
  }
  const pipeline = await system.get<Pipeline>('/pipeline');
  const { accepted, aggregated, duplicate, dead_lettered: dead, pending } = pipeline;
  const own = canaries.sent.events + pressed + (await probeSamples(system));
  expect('events aggregated', add((report) => report.accepted) + own, aggregated);
  expect('aggregated + duplicate + dead + pending', accepted, aggregated + duplicate + dead + pending);
  expect('pending', 0, pending);
  expect('dead letters', 0, dead);
  expect('offsets that were gone before they were read', 0, pipeline.expired_offsets);
  expect("differences that the platform's own reconciliation has found", 0, pipeline.differences.open);
  const repeatedEvents = repeated.reduce((sum, report) => sum + report.accepted, 0);
  if (duplicate < repeatedEvents) differences.push(`duplicates: at least ${repeatedEvents} expected, ${duplicate} found`);

  const range = `from=${Date.now() - 4 * HOUR}&to=${Date.now() + HOUR}`;
  const { totals } = await system.get<Metrics>(`/fleet/metrics?${range}`);
  const { responses } = canaries.sent;
  expect('responses of the fleet', add((report) => report.responses) + responses, totals.total_responses);
  expect('input tokens of the fleet', add((report) => report.inputTokens) + responses, totals.input_tokens);
  expect(
    'output tokens of the fleet',
    add((report) => report.outputTokens),
    totals.output_tokens,
  );
  for (const agent of canaries.agents) {
    const metrics = await system.get<Metrics>(`/agents/${agent}/metrics?${range}`);
    expect(`responses of ${agent}`, canaries.rounds, metrics.totals.total_responses);
  }
  return differences;
}

/** What the installation's own probe has brought: it samples this machine, which no load pretends to be. */
async function probeSamples(system: RunningSystem): Promise<number> {
  const id = (await readFile(join(system.dataDir, 'host-id'), 'utf8')).trim();
  const range = `from=${Date.now() - 4 * HOUR}&to=${Date.now() + HOUR}`;
  const { samples } = await system.get<HostMetrics>(`/hosts/${encodeURIComponent(id)}/metrics?${range}`);
  return samples['uptime'] ?? 0;
}
