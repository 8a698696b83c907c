import { isIPv4 } from 'node:net';
import type { Config } from '../config.ts';

/** Whether this installation takes events without a key: standalone, and reachable from this machine only. */
export function takesEventsWithoutKey(config: Pick<Config, 'host' | 'kafkaBrokers' | 'influx' | 'redisUrl'>): boolean {
  const standalone = config.kafkaBrokers === undefined && config.influx === undefined && config.redisUrl === undefined;
  return standalone && isLoopback(config.host);
}

/** Whether a host's name or address is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
