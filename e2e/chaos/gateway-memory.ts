import { readFile } from 'node:fs/promises';
import type { RunningSystem } from '../start-system.ts';
import { readPid } from './inflict.ts';

const SAMPLE_MS = 500;

/** Watches how much memory the gateway holds. Linux only. */
export interface GatewayMemory {
  /** Resident at the first sample, and at most since; MiB. */
  readonly first: number;
  readonly most: number;
  stop(): void;
}

export async function watchGatewayMemory(system: RunningSystem): Promise<GatewayMemory> {
  const sample = async (): Promise<number> => residentMiB((await readPid(system, 'gateway')) ?? 0);
  const first = await sample();
  let most = first;
  const timer = setInterval(() => {
    // It may just be starting again.
    sample().then(
      (now) => (most = Math.max(most, now)),
      () => undefined,
    );
  }, SAMPLE_MS);
  return {
    first,
    get most() {
      return most;
    },
    stop: () => clearInterval(timer),
  };
}

/** Throws where there is no such process, or one that is ending and holds nothing any more. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`the process ${pid} is ending`);
  return Number(kilobytes) / 1024;
}
