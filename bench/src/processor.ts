import { join } from 'node:path';
import { cpuSeconds, peakMemoryMiB } from './cpu-time.ts';
import { startProcessorRig } from './processor-rig.ts';
import { runChild } from './run-child.ts';

const EVENTS = 2_000_000;
const AGENTS = 200;

/**
 * Events per CPU-second of the processor's process, raw events on, reading from Kafka what the gateway would have
 * put there, against processes that read the same topic and parse it, with kafkajs and with another client. All from their
 * start to the last event.
 */
export async function benchProcessor(): Promise<Record<string, number>> {
  const rig = await startProcessorRig();
  try {
    await rig.fill(EVENTS, AGENTS);
    const ceiling = await bareRate(rig.brokers, 'bare-consumer.ts');
    const other = await bareRate(rig.brokers, 'bare-platformatic.ts');

    const processors = await rig.startProcessors();
    await processors.untilStored();
    const perSecond = EVENTS / cpuSeconds(processors.pid);
    const memory = peakMemoryMiB(processors.pid);
    await processors.stop();
    return {
      processor_events_per_s: perSecond,
      processor_bare_events_per_s: ceiling,
      processor_ratio: perSecond / ceiling,
      processor_bare_platformatic_events_per_s: other,
      processor_platformatic_ratio: perSecond / other,
      processor_peak_memory_mib: memory,
      processor_raw_bytes_per_event: (await rig.rawBytes()) / EVENTS,
    };
  } finally {
    await rig.stop();
  }
}

async function bareRate(brokers: string, program: string): Promise<number> {
  const { events, cpu_seconds: seconds } = await runChild<{ events: number; cpu_seconds: number }>(
    join(import.meta.dirname, program),
    [brokers, String(EVENTS)],
  );
  return events / seconds;
}
