import type { Dashboard, DashboardInput } from '@fleetbeat/contracts/dashboards.ts';

/** What of a dashboard people make: what is saved, copied and exported. */
export function inputOf({ name, description, variables, panels }: DashboardInput): DashboardInput {
  return { name, description, variables, panels };
}

/** A file that a dashboard is exported to and imported from. */
export function dashboardFile(dashboard: Dashboard): { name: string; text: string } {
  const slug = dashboard.name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return { name: `${slug === '' ? 'dashboard' : slug}.json`, text: `${JSON.stringify(inputOf(dashboard), null, 2)}\n` };
}

/** What a file says, to be judged by the server; throws a sentence where it is no dashboard at all. */
export function parseDashboardFile(text: string): DashboardInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('This file is no JSON.');
  }
  if (typeof value !== 'object' || value === null || !('name' in value) || !('panels' in value)) {
    throw new Error('This file is no dashboard: it has no name and panels.');
  }
  // Those of an answer of the API may be in it; the server refuses what it does not know.
  return inputOf(value as DashboardInput);
}

/** Hands a text to the browser as a file. */
export function download({ name, text }: { name: string; text: string }, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
