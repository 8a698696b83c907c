import type { Channel, ChannelTest } from '@fleetbeat/contracts/channels.ts';
import { formatDuration } from '@fleetbeat/contracts/format-duration.ts';

export interface ChannelState {
  readonly status: 'ok' | 'warning' | 'error' | 'quiet';
  readonly word: string;
}
type Fare = Pick<Channel, 'enabled' | 'circuit' | 'held_until' | 'last_success_at' | 'last_failure_at'>;

/** How a channel fares. */
export function channelState(channel: Fare, now: number): ChannelState {
  const { circuit, held_until: held, last_success_at: success, last_failure_at: failure } = channel;
  const wait = held !== null && held > now ? ` for ${formatDuration(held - now)}` : '';
  if (!channel.enabled) return { status: 'quiet', word: 'Off' };
  if (circuit === 'open') return { status: 'error', word: `Fails, left alone${wait}` };
  if (circuit === 'half_open') return { status: 'warning', word: 'Failed, is tried again' };
  if (wait !== '') return { status: 'warning', word: `Asked to wait${wait}` };
  if (failure !== null && failure > (success ?? 0)) return { status: 'error', word: 'Fails' };
  return success === null ? { status: 'quiet', word: 'Not used yet' } : { status: 'ok', word: 'Delivers' };
}

/** What became of a test, as a sentence. */
export function testWords({ outcome, status, reason, duration_ms: took }: ChannelTest): string {
  switch (outcome) {
    case 'delivered':
      return `Delivered in ${formatDuration(took)}${status === null ? '' : `, answered ${status}`}.`;
    case 'failed':
      return reason === null ? `Not delivered${status === null ? '' : `, answered ${status}`}.` : `Not delivered: ${reason}`;
    case 'pending':
      return `Nothing is known yet${reason === null ? '' : `: ${reason}`}. The log of deliveries will tell.`;
  }
}
