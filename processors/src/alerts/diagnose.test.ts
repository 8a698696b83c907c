import { expect, it } from 'vitest';
import { diagnose, type HostSight } from './diagnose.ts';

const S = 1_000;
const GRACE = 30 * S;

function host(given: Partial<HostSight>): HostSight {
  return { hostId: 'h1', silentMs: 2 * S, offlineAfterMs: 30 * S, watched: true, alert: undefined, ...given };
}

it.each<readonly [sentence: string, host: HostSight | undefined, verdict: string]>([
  ['an agent whose host is alive is stuck or has crashed', host({}), 'tell stuck_or_crashed'],
  ['an agent whose host nobody knows is told', undefined, 'tell host_unknown'],
  ['so is one whose host was never seen, or whose source lags', host({ silentMs: undefined }), 'tell host_unknown'],
  ['an agent waits while its host has been quiet for a while', host({ silentMs: 16 * S }), 'wait'],
  ['and while its host is offline and has no alert yet', host({ silentMs: 31 * S }), 'wait'],
  ['and while that alert is pending', host({ silentMs: 40 * S, alert: { id: 7, state: 'pending' } }), 'wait'],
  [
    'an agent on a host that is down is inhibited',
    host({ silentMs: 60 * S, alert: { id: 7, state: 'firing' } }),
    'inhibit host_down by 7',
  ],
  [
    'however the host looks, while its alert fires',
    host({ silentMs: undefined, alert: { id: 7, state: 'firing' } }),
    'inhibit host_down by 7',
  ],
  ['agents have a while to come back with their host', host({ alert: { id: 7, state: 'resolved', agoMs: 30 * S } }), 'wait'],
  ['and no longer', host({ alert: { id: 7, state: 'resolved', agoMs: 31 * S } }), 'tell stuck_or_crashed'],
  ['a host that no rule watches inhibits nobody', host({ silentMs: 60 * S, watched: false }), 'tell host_down'],
  [
    'not even with an alert from when one did',
    host({ silentMs: 60 * S, watched: false, alert: { id: 7, state: 'firing' } }),
    'tell host_down',
  ],
])('%s', (_, given, verdict) => {
  const found = diagnose(given, GRACE);
  const cause = found.kind === 'wait' ? '' : ` ${found.diagnosis.cause}`;
  expect(`${found.kind}${cause}${found.kind === 'inhibit' ? ` by ${found.by}` : ''}`).toBe(verdict);
});
