import { askAhead } from '#lib/api/ask.ts';
import { windowQuery } from '#lib/api/client.ts';
import { clock } from '#lib/live/clock.svelte.ts';
import { stretchesOf } from '#lib/live/series-view.svelte.ts';
import { scopeQueryOf } from '#lib/scope/scope.svelte.ts';
import { parseRange } from '#lib/time-range/range.ts';
import type { PageLoad } from './$types.js';

/** How long the page waits for answers, so as to be made once, with them: else it shows that they are coming. Milliseconds. */
const PATIENCE_MS = 250;

/** Asks for what the first screen shows while the code of charts is still loaded and nothing is made yet. */
export const load: PageLoad = async ({ url, untrack }) => {
  // Whoever comes from another page would find that one standing still.
  if (document.getElementById('boot') === null) return;
  const [scope, range] = untrack(() => [scopeQueryOf(url), parseRange(url.searchParams.get('range'))] as const);
  const stretches = Object.values(stretchesOf(range, clock.serverNow())).filter((stretch) => stretch !== null);
  const answers = Promise.all([
    ...stretches.map((stretch) => askAhead('get /fleet/metrics', { query: { ...windowQuery(stretch), ...scope } })),
    askAhead('get /incidents', { query: { ...scope, status: ['open', 'acknowledged'], limit: 200 } }),
    askAhead('get /agents', { query: { ...scope, limit: 500 } }),
    askAhead('get /hosts', { query: { ...scope, limit: 500 } }),
  ]);
  await Promise.race([answers, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
};
