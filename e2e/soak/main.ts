import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BrowserContext, CDPSession } from 'playwright-core';
import { CHROMIUM } from '../chromium.ts';
import { signInByLink } from '../sign-in.ts';
import { startWithBrowser } from '../start-with-browser.ts';
import { growthOf, type Limits, type Sample } from './growth.ts';

/** `npm run soak`: see docs/performance.md. */
const HELP = `Leaves live pages open in Chromium under load and fails where they grow.

  npm run soak -- [options]

  --minutes N   how long (default 30, at least 6)
  --rate N      events per second of the load (default 100)
`;
const LIMITS: Limits = { warmUpMinutes: 3, heapMiB: 20, share: 0.1 };
const SHORTEST_MINUTES = 6;
const PAGES = { overview: '/', agents: '/agents', 'overview of a day': '/?range=24h' };

interface Watched {
  readonly name: string;
  readonly session: CDPSession;
  readonly samples: Sample[];
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  process.stdout.write(HELP);
  process.exit(0);
}
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (!(minutes >= SHORTEST_MINUTES) || !(rate >= 1)) {
  process.stderr.write(HELP);
  process.exit(2);
}
if (CHROMIUM === undefined) throw new Error('no Chromium found: name one in CHROMIUM');

// What runs is ended by `exit`, which a signal alone would pass over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const there = await startWithBrowser();
const { system } = there;
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await there.stop();
}

/** Whether every page has stayed as it was. */
async function soak(): Promise<boolean> {
  const load = system.simulate(`--rate ${rate} --agents 40 --hosts 6 --suggest --duration ${Math.ceil(minutes * 60)}`);
  const first = await there.newPage({ reducedMotion: 'no-preference' });
  const context = first.context();
  await signInByLink(first, system);
  await first.close();
  const watched: Watched[] = [];
  for (const [name, path] of Object.entries(PAGES)) watched.push(await open(context, name, path));

  console.log(`minute  ${watched.map(({ name }) => name.padEnd(36)).join('')}`);
  const start = performance.now();
  for (let minute = 1; minute <= minutes; minute += 1) {
    await sleep(Math.max(0, start + minute * 60_000 - performance.now()));
    for (const one of watched) one.samples.push(await sample(one.session, minute));
    console.log(`${String(minute).padStart(6)}  ${watched.map(({ samples }) => cell(samples.at(-1))).join('')}`);
  }
  const ended = await load;
  if (ended.code !== 0) throw new Error(`the load failed\n${ended.output}`);

  const results = watched.map(({ name, samples }) => ({ name, growth: growthOf(samples, LIMITS) }));
  for (const { name, growth } of results) {
    if (growth === null) throw new Error('too few samples');
    const { heapMiB, nodes, listeners, findings } = growth;
    console.log(
      `${name}: ${heapMiB.toFixed(1)} MiB, ${nodes} nodes, ${listeners} listeners more after ${minutes} minutes: ${findings.join(', ') || 'it has not grown'}`,
    );
  }
  return results.every(({ growth }) => growth?.findings.length === 0);
}

/** Every page of a browser that a program leads counts as seen, so that none of them rests. */
async function open(context: BrowserContext, name: string, path: string): Promise<Watched> {
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    console.error(`${name}: ${error.stack ?? error.message}`);
    process.exitCode = 1;
  });
  await page.goto(system.api + path);
  await page.getByText('Live', { exact: true }).waitFor();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  return { name, session, samples: [] };
}

async function sample(session: CDPSession, minute: number): Promise<Sample> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  return {
    minute,
    heapMiB: metric('JSHeapUsedSize') / 2 ** 20,
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
  };
}

function cell(sample: Sample | undefined): string {
  if (sample === undefined) return '';
  return `${sample.heapMiB.toFixed(1)} MiB, ${sample.nodes} nodes, ${sample.listeners} listeners`.padEnd(36);
}
