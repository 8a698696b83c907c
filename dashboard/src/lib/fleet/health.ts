import { formatCount, formatNumber, formatShare } from '@fleetbeat/contracts/format-number.ts';
import { formatAgo } from '@fleetbeat/contracts/format-duration.ts';
import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { StatusCounts } from './presence.ts';

/** How the fleet is, in words. */

/** Shares of errors from which a stretch of time is to be watched, and from which it is wrong. */
export const WATCH_SHARE = 0.05;
export const WRONG_SHARE = 0.2;

export type Health = 'ok' | 'warning' | 'error';

export interface FleetHealth {
  health: Health;
  /** One short sentence. */
  sentence: string;
  /** What backs it up. */
  detail: string;
}

export interface FleetFacts {
  agents: StatusCounts;
  hosts: { online: number; offline: number };
  /** Messages and errors of the range. */
  messages: number;
  errors: number;
  /** How bad each incident is that is not resolved. */
  incidents: readonly Severity[];
  /** The newest last sign of life of an agent that is offline, or null. */
  lastSilenceAt: number | null;
  now: number;
  /** "in the last hour" */
  within: string;
}

export function errorHealth(errors: number, messages: number): Health {
  const share = messages === 0 ? 0 : errors / messages;
  if (share >= WRONG_SHARE) return 'error';
  return share >= WATCH_SHARE ? 'warning' : 'ok';
}

/** The worst thing first; when there is none, that all is well. */
export function fleetHealth(facts: FleetFacts): FleetHealth {
  const { agents, hosts } = facts;
  const all = agents.online + agents.busy + agents.offline;
  const answering = agents.online + agents.busy;
  const share = facts.messages === 0 ? 0 : facts.errors / facts.messages;
  const detail = [
    all > 0 ? `${formatNumber(answering)} of ${formatCount(all, 'agent')} answering` : null,
    agents.busy > 0 ? `${formatNumber(agents.busy)} busy` : null,
    hosts.online + hosts.offline > 0 ? `${formatCount(hosts.online, 'host')} up` : null,
    `${formatShare(share)} errors ${facts.within}`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
  const since = facts.lastSilenceAt === null ? '' : `, the last ${formatAgo(facts.now - facts.lastSilenceAt)}`;

  if (all > 0 && answering === 0) {
    return {
      health: 'error',
      sentence:
        all === 1 ? `The only agent stopped answering${since}` : `All ${formatNumber(all)} agents stopped answering${since}`,
      detail,
    };
  }
  if (hosts.offline > 0) {
    return { health: 'error', sentence: `${formatCount(hosts.offline, 'host')} stopped reporting`, detail };
  }
  if (share >= WRONG_SHARE) return { health: 'error', sentence: `${formatShare(share)} of messages are errors`, detail };
  if (agents.offline > 0) {
    const words = agents.offline === 1 ? '1 agent stopped answering' : `${formatNumber(agents.offline)} agents stopped answering`;
    return { health: agents.offline * 4 >= all ? 'error' : 'warning', sentence: `${words}${since}`, detail };
  }
  if (share >= WATCH_SHARE) return { health: 'warning', sentence: `${formatShare(share)} of messages are errors`, detail };
  const bad = facts.incidents.filter((severity) => severity !== 'info');
  if (bad.length > 0) {
    const health = bad.includes('error') ? 'error' : 'warning';
    return { health, sentence: `${formatCount(bad.length, 'incident')} ${bad.length === 1 ? 'is' : 'are'} not resolved`, detail };
  }
  if (facts.messages === 0) return { health: 'ok', sentence: `The fleet is quiet: no messages ${facts.within}`, detail };
  if (all === 0) return { health: 'ok', sentence: 'The first events are coming in', detail };
  return { health: 'ok', sentence: all === 1 ? 'The agent is well' : `All ${formatNumber(all)} agents are well`, detail };
}
