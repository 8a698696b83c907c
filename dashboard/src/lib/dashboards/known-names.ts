import type { SeriesSet } from '@fleetbeat/contracts/dashboards.ts';
import { api } from '../api/client.ts';

const MOST = 200;
/** How far back models are looked for, in milliseconds. */
const MODELS_WITHIN = 24 * 3_600_000;

/** Names of a set, to choose from; none where they cannot be read: a name can still be typed. */
export async function namesOf(set: SeriesSet, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await readNames(set, signal);
  } catch {
    return [];
  }
}

/** The same; rejects where they cannot be read. */
export async function readNames(set: SeriesSet, signal: AbortSignal): Promise<readonly string[]> {
  switch (set) {
    case 'agent':
      return (await api.agents({ limit: MOST }, signal)).items.map((agent) => agent.agent_id);
    case 'host':
      return (await api.hosts({ limit: MOST }, signal)).items.map((host) => host.host_id);
    case 'model': {
      const to = Date.now();
      const { models } = await api.modelMetrics({ from: to - MODELS_WITHIN, to, stepMs: MODELS_WITHIN / 24 }, signal);
      return models.map(({ model }) => model).slice(0, MOST);
    }
    case 'fleet':
      return [];
    default:
      return set satisfies never;
  }
}
