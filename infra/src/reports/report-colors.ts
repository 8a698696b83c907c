/** Colours of the pages in their light theme, for paper. */
export const INK = '#1a1916';
export const INK_2 = '#524f47';
export const INK_3 = '#686459';
export const LINE = '#dfdcd4';
export const GRID = '#ebe8e1';
export const SUNKEN = '#e7e5df';
export const ERROR = '#ba1f2b';
export const ERROR_SOFT = '#fbe1df';
export const WARNING = '#8a5100';
export const INFO = '#1a629f';

const SERIES = ['#343ed2', '#d56d07', '#268279', '#940675', '#875e0d', '#2d80f7', '#8063b6', '#47443c'] as const;
const QUANTILES: Readonly<Record<string, string>> = { p50: '#868de6', p95: '#4f58d8', p99: '#20278f' };

/** The colour of the series at a place: errors and quantiles of the fleet as on the pages, all else in order. */
export function colorAt(place: number, measure: string, ofFleet: boolean): string {
  if (ofFleet) {
    const [, quantile = ''] = /_(p\d+)$/.exec(measure) ?? [];
    const special = /^(total_errors|error_rate)$/.test(measure) ? ERROR : QUANTILES[quantile];
    if (special !== undefined) return special;
  }
  return SERIES[place % SERIES.length] ?? SERIES[0];
}
