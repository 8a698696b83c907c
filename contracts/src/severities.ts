/** From the least to the most urgent. Apart from the schemas, which a page that only sorts need not load. */
export const SEVERITIES = ['info', 'warning', 'error'] as const;
