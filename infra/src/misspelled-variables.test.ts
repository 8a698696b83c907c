import { expect, it } from 'vitest';
import { VARIABLES } from './config.ts';
import { misspelledVariables } from './misspelled-variables.ts';

it.each([
  ['KAFKA_BROKER', 'KAFKA_BROKERS'],
  ['FLEETBEAT_ADMINKEY', 'FLEETBEAT_ADMIN_KEY'],
  ['REDIS_URI', 'REDIS_URL'],
  ['influx_url', 'INFLUX_URL'],
])('%s is told to look like %s', (name, meant) => {
  expect(misspelledVariables({ [name]: 'x' })).toEqual([expect.stringContaining(`is ${meant} meant?`)]);
});

it('says nothing of variables that are ours, or clearly others’', () => {
  const others = [
    'HOSTNAME',
    'NODE_ENV',
    'KAFKA_HEAP_OPTS',
    'TEST_REDIS_URL',
    'FLEETBEAT_URL',
    'PGHOST',
    'PORTS',
    'INFLUX_PASSWORD',
  ];
  expect(misspelledVariables(Object.fromEntries([...VARIABLES, ...others].map((name) => [name, 'x'])))).toEqual([]);
});
