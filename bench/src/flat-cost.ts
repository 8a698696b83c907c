import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TIERS } from '@fleetbeat/contracts/aggregates.ts';
import { cpuSeconds } from './cpu-time.ts';
import type { MemoryAtRest } from './memory-at-rest.ts';
import { startProcessorRig } from './processor-rig.ts';

const EVENTS = 1_000_000;
/** Clients gather events: an agent that sent one at a time would have a row of its own for each in a large fleet. */
const TOGETHER = 10;
const FLEETS = [100, 1_000, 10_000, 100_000] as const;
/** After this much idleness nothing of a run is under way any more. */
const REST_MS = 5_000;
const FLAGS = ['--expose-gc', '--import', join(import.meta.dirname, 'memory-at-rest.ts')];
const WARM_UP = 200_000;

/**
 * What an event costs the processor, in microseconds of CPU, where the same number of events comes from more and more
 * agents, ten at a time; and what memory an agent's series of one tier keeps once all is stored. Each run is a process of
 * its own on the same servers; what a start costs that finds nothing to read is taken off.
 */
export async function benchFlatCost(): Promise<Record<string, number>> {
  const rig = await startProcessorRig();
  const figures: Record<string, number> = {};
  async function run(events: number, agents: number): Promise<{ seconds: number; memory: MemoryAtRest }> {
    await rig.fill(events, agents, TOGETHER);
    const processors = await rig.startProcessors(FLAGS);
    try {
      await processors.untilStored();
      const seconds = cpuSeconds(processors.pid);
      await pause(REST_MS);
      return { seconds, memory: await memoryOf(processors.child) };
    } finally {
      await processors.stop();
    }
  }
  try {
    // The first rows cost the servers more than later ones.
    await run(WARM_UP, FLEETS[0]);
    const start = (await run(0, FLEETS[0])).seconds;
    const costs: number[] = [];
    const memories: MemoryAtRest[] = [];
    for (const agents of FLEETS) {
      const { seconds, memory } = await run(EVENTS, agents);
      const cost = ((seconds - start) / EVENTS) * 1e6;
      // The last of them takes minutes where the store is slow.
      console.error(`bench: agents: ${agents} agents cost ${cost.toFixed(2)} µs an event`);
      figures[`processor_cpu_us_per_event_${agents}_agents`] = cost;
      costs.push(cost);
      memories.push(memory);
    }
    const [fewest = Number.NaN] = costs;
    figures['processor_cost_growth'] = (costs.at(-1) ?? Number.NaN) / fewest;
    const series = (FLEETS[3] - FLEETS[0]) * Object.keys(TIERS).length;
    const grown = (of: keyof MemoryAtRest): number => ((memories.at(-1)?.[of] ?? Number.NaN) - (memories[0]?.[of] ?? 0)) / series;
    figures['processor_bytes_per_series'] = grown('used');
    figures['processor_resident_bytes_per_series'] = grown('resident');
    return figures;
  } finally {
    await rig.stop();
  }
}

function memoryOf(child: ChildProcess): Promise<MemoryAtRest> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as MemoryAtRest));
    child.once('exit', () => reject(new Error('the processors ended before they told their memory')));
    child.send('memory');
  });
}
