import { parseArgs } from 'node:util';
import { ROW_TITLES, runChaos } from './run-chaos.ts';
import { planFaults, planOutages, type DeploymentName } from './schedule.ts';

/** `npm run chaos`: see docs/chaos.md. */
const HELP = `Kills, stalls and adds processes and servers under verified load, and checks that nothing was lost or counted twice.

  npm run chaos -- [options]

  --faults N            faults for each deployment (default 20)
  --outage-seconds S    instead: every engine is away for so long, once killed and once stopped (SIGSTOP); at most 600
  --seed S              the same seed inflicts the same faults in the same order (default 1)
  --deployment NAME     standalone, kafka or both (default both)
  --seconds-between S   mean pause after the recovery from a fault (default 3)
  --rate N              events per second of the steady load (default 300)
`;

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '20' },
    'outage-seconds': { type: 'string' },
    seed: { type: 'string', default: '1' },
    deployment: { type: 'string', default: 'both' },
    'seconds-between': { type: 'string', default: '3' },
    rate: { type: 'string', default: '300' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  process.stdout.write(HELP);
  process.exit(0);
}

const MAX_OUTAGE_SECONDS = 600;
const DEPLOYMENTS: Readonly<Record<string, readonly DeploymentName[]>> = {
  standalone: ['standalone'],
  kafka: ['kafka'],
  both: ['standalone', 'kafka'],
};
const deployments = DEPLOYMENTS[values.deployment];
const faults = Number(values.faults);
const seed = Number(values.seed);
const secondsBetween = Number(values['seconds-between']);
const rate = Number(values.rate);
const outageSeconds = values['outage-seconds'] === undefined ? undefined : Number(values['outage-seconds']);
const isSound =
  deployments !== undefined &&
  (outageSeconds === undefined || (outageSeconds > 0 && outageSeconds <= MAX_OUTAGE_SECONDS)) &&
  [faults, seed].every((value) => Number.isSafeInteger(value) && value >= 0) &&
  faults > 0 &&
  secondsBetween >= 0 &&
  rate >= 10;
if (!isSound) {
  process.stderr.write(HELP);
  process.exit(2);
}

// What runs is ended by `exit`, which a signal alone would pass over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

for (const deployment of deployments) {
  const began = performance.now();
  const plan =
    outageSeconds === undefined ? planFaults(deployment, faults, seed) : planOutages(deployment, outageSeconds * 1_000);
  console.log(`${deployment}: ${plan.length} faults, --seed ${seed}`);
  console.log(ROW_TITLES);
  const { differences, loads, gatewayMiB, dataDir } = await runChaos({
    deployment,
    faults: plan,
    seed,
    secondsBetween,
    rate,
    lateSeconds: 40,
    thorough: true,
    press: outageSeconds !== undefined,
    say: (text) => console.log(text),
  });
  for (const { name, accepted, retriedRequests } of loads) {
    console.log(`  ${name}: ${accepted.toLocaleString('en-US')} events acknowledged, ${retriedRequests} requests sent again`);
  }
  console.log(
    `  memory of the gateway: ${gatewayMiB.first.toFixed(0)} MiB before the first fault, ${gatewayMiB.most.toFixed(0)} at most`,
  );
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  if (differences.length === 0) {
    console.log(`${deployment}: every acknowledged event is accounted for, once (${seconds} s)\n`);
    continue;
  }
  process.exitCode = 1;
  console.log(`${deployment}: ${differences.length} DIFFERENCES (${seconds} s); logs are in ${dataDir}`);
  for (const difference of differences) console.log(`  ${difference}`);
}
