import { availableParallelism, hostname, loadavg, platform, release, uptime } from 'node:os';
import { currentLoad, fsSize, mem, networkStats, type Systeminformation } from 'systeminformation';
import type { HostSample } from '@fleetbeat/contracts/events.ts';

/** Disks fill slowly, and asking for them starts a process: once in so many milliseconds is enough. */
const DISK_EVERY_MS = 30_000;

/**
 * Takes samples of this host. CPU usage and network rates are those since the call before, at first since this one.
 *
 * @param watched a path whose file system counts as the disk
 */
export async function createSampler(
  hostId: string,
  watched: string,
  makeId: (now: number) => string,
  now: () => number,
): Promise<() => Promise<HostSample>> {
  let disk: Systeminformation.FsSizeData | undefined;
  let diskAt = -Infinity;
  await Promise.all([currentLoad(), networkStats()]);

  return async function sample() {
    if (now() - diskAt >= DISK_EVERY_MS) {
      disk = diskOf(await fsSize(), watched) ?? disk;
      diskAt = now();
    }
    const [load, memory, networks] = await Promise.all([currentLoad(), mem(), networkStats()]);
    const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
    const used = memory.total - memory.available;
    const network = networks[0];
    const ts = now();
    return {
      id: makeId(ts),
      ts,
      host_id: hostId,
      cpu_usage: percent(load.currentLoad),
      memory_usage: percent((100 * used) / memory.total),
      disk_usage: percent(disk?.use ?? 0),
      uptime: Math.floor(uptime()),
      // Windows has no load average and says 0.
      ...(platform() === 'win32' ? {} : { load_1: hundredths(load1), load_5: hundredths(load5), load_15: hundredths(load15) }),
      ...rates(network),
      memory_used_bytes: used,
      memory_total_bytes: memory.total,
      ...(disk === undefined ? {} : { disk_used_bytes: disk.used, disk_total_bytes: disk.size }),
      hostname: hostname().slice(0, 256),
      platform: `${platform()} ${release()}`.slice(0, 256),
      cores: availableParallelism(),
    };
  };
}

/** The file system that holds `path`: the one with the longest mount point above it. */
export function diskOf(disks: readonly Systeminformation.FsSizeData[], path: string): Systeminformation.FsSizeData | undefined {
  const above = disks.filter(({ mount, size }) => size > 0 && (path === mount || path.startsWith(withSeparator(mount))));
  return above.toSorted((a, b) => b.mount.length - a.mount.length)[0] ?? disks.find(({ size }) => size > 0);
}

function withSeparator(mount: string): string {
  return /[/\\]$/.test(mount) ? mount : `${mount}${mount.startsWith('/') ? '/' : '\\'}`;
}

/** The first call has nothing to compare with and says null; a counter that was reset gives a negative rate. */
function rates(network: Systeminformation.NetworkStatsData | undefined): Partial<HostSample> {
  const received: number | null | undefined = network?.rx_sec;
  const sent: number | null | undefined = network?.tx_sec;
  if (received == null || sent == null || received < 0 || sent < 0) return {};
  return { net_rx_bytes_per_s: Math.round(received), net_tx_bytes_per_s: Math.round(sent) };
}

function percent(value: number): number {
  return Number.isFinite(value) ? hundredths(Math.min(100, Math.max(0, value))) : 0;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
