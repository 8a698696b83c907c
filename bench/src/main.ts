import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchEndToEnd } from './end-to-end.ts';
import { benchGateway } from './gateway.ts';
import { benchProcessor } from './processor.ts';

/** `npm run bench`, or `npm run bench -- NAME …` for some: every benchmark in turn, a table, and flat JSON. */
const BENCHES: Record<string, () => Promise<Record<string, number>>> = {
  gateway: benchGateway,
  processor: benchProcessor,
  kafka: () => benchEndToEnd('kafka'),
  standalone: () => benchEndToEnd('standalone'),
};

const RESULTS = join(import.meta.dirname, '../results');

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(64);
}

const figures: Record<string, number> = {};
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`bench: ${name} …`);
  Object.assign(figures, await bench());
}
mkdirSync(RESULTS, { recursive: true });
writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify(figures, null, 2)}\n`);

console.log(`\n${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}\n`);
const width = Math.max(...Object.keys(figures).map((name) => name.length));
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${readable(figure)}`);

function readable(figure: number): string {
  return figure < 100 ? figure.toFixed(2) : Math.round(figure).toLocaleString('en');
}
