import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchEndToEnd } from './end-to-end.ts';
import { markdownTables, readable } from './figures.ts';
import { benchFlatCost } from './flat-cost.ts';
import { benchFrames } from './frames.ts';
import { benchGateway } from './gateway.ts';
import { benchPageLoad } from './page-load.ts';
import { benchProcessor } from './processor.ts';
import { benchReadCache } from './read-cache.ts';
import { benchRecovery } from './recovery.ts';
import { benchRedaction } from './redaction.ts';
import { benchRules } from './rules.ts';
import { benchSockets } from './sockets.ts';
import { benchStores } from './stores.ts';
import { benchTaskLists } from './task-lists.ts';

/**
 * `npm run bench`: every benchmark in turn, a table, and flat JSON. `npm run bench -- NAME …` runs some and replaces their
 * figures alone; `npm run bench -- --table` runs none and prints the last figures in Markdown.
 */
const BENCHES: Record<string, () => Promise<Record<string, number>>> = {
  gateway: benchGateway,
  processor: benchProcessor,
  kafka: () => benchEndToEnd('kafka'),
  standalone: () => benchEndToEnd('standalone'),
  stores: benchStores,
  agents: benchFlatCost,
  rules: benchRules,
  sockets: benchSockets,
  recovery: async () => ({ ...(await benchRecovery('kafka')), ...(await benchRecovery('standalone')) }),
  'task-lists': benchTaskLists,
  redaction: benchRedaction,
  'read-cache': benchReadCache,
  frames: benchFrames,
  'page-load': benchPageLoad,
};

const RESULTS = join(import.meta.dirname, '../results');
const LATEST = join(RESULTS, 'latest.json');

const wanted = process.argv.slice(2);
const last = existsSync(LATEST) ? (JSON.parse(readFileSync(LATEST, 'utf8')) as Record<string, number>) : {};
if (wanted.includes('--table')) {
  console.log(markdownTables(last));
  process.exit(0);
}
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(64);
}

// What runs is ended by `exit`, which a signal alone would pass over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const figures: Record<string, number> = {};
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`bench: ${name} …`);
  try {
    Object.assign(figures, await bench());
  } catch (error) {
    // The others' figures are worth having all the same.
    console.error(`bench: ${name} failed:`, error);
    process.exitCode = 1;
  }
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(LATEST, `${JSON.stringify(wanted.length === 0 ? figures : { ...last, ...figures }, null, 2)}\n`);
}

console.log(`\n${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}\n`);
const width = Math.max(0, ...Object.keys(figures).map((name) => name.length));
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${readable(figure)}`);
