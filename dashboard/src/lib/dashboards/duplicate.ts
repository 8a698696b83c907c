import type { Dashboard } from '@fleetbeat/contracts/dashboards.ts';
import { dashboardsApi } from './dashboards-api.ts';
import { ApiProblem } from '../api/problem.ts';
import { inputOf } from './dashboard-file.ts';

const LONGEST_NAME = 256;

/** Makes a copy; answers it, or why there is none. */
export async function duplicate(dashboard: Dashboard): Promise<Dashboard | string> {
  try {
    return await dashboardsApi.create({ ...inputOf(dashboard), name: `${dashboard.name} (copy)`.slice(0, LONGEST_NAME) });
  } catch (error) {
    return error instanceof ApiProblem ? `${error.title}: ${error.message}` : String(error);
  }
}
