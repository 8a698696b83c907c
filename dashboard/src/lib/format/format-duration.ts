// One way to write figures, on pages and on paper.
export * from '@fleetbeat/contracts/format-duration.ts';
