import type { StatusBand, StatusSpan } from './status-timeline.ts';

/** What bands and spans of a status timeline are called, on a page and on paper. Pure. */

/** "Active", "Offline", "Error fires", "Pending" */
export function stateWords({ state, severity }: Pick<StatusSpan, 'state' | 'severity'>): string {
  switch (state) {
    case 'active':
      return 'Active';
    case 'online':
      return 'Online';
    case 'offline':
      return 'Offline';
    case 'pending':
      return 'Pending';
    case 'firing':
      return `${severity === null ? 'Alert' : severity.charAt(0).toUpperCase() + severity.slice(1)} fires`;
    default:
      return state satisfies never;
  }
}

/** Its rule, or whose status it is; of several agents or hosts an alert names its own too. */
export function bandName({ key, rule }: Pick<StatusBand, 'key' | 'rule'>, several: boolean): string {
  if (rule === null) return several ? key : 'Status';
  return several ? `${rule}, ${key}` : rule;
}

/** What stands beside a band below others: alerts come after the agent or host that they are about. */
export function bandLabel(band: Pick<StatusBand, 'key' | 'rule'>, several: boolean): string {
  return band.rule ?? bandName(band, several);
}

/** The span at a moment; null where nothing is known, or no alert is. */
export function spanAt(spans: readonly StatusSpan[], t: number): StatusSpan | null {
  return spans.find(({ from, to }) => from <= t && t < to) ?? null;
}

/** The states that occur in bands, each once, in the order of a legend. */
export function statesIn(bands: readonly Pick<StatusBand, 'spans'>[]): Pick<StatusSpan, 'state' | 'severity'>[] {
  const ORDER = ['active', 'online', 'offline', 'pending', 'firing info', 'firing warning', 'firing error'];
  const nameOf = ({ state, severity }: Pick<StatusSpan, 'state' | 'severity'>) =>
    state === 'firing' ? `firing ${severity}` : state;
  const found = new Map(bands.flatMap(({ spans }) => spans).map((span) => [nameOf(span), span]));
  return ORDER.flatMap((name) => found.get(name) ?? []);
}
