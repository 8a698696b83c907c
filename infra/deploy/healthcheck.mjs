/** `node healthcheck.mjs URL`: exits 0 when the URL answers 2xx within two seconds. */
const url = process.argv[2];
const healthy = await fetch(url ?? '', { signal: AbortSignal.timeout(2_000) }).then(
  (answer) => answer.ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
