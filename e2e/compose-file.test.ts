import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@fleetbeat/infra/service-context.ts';
import { describe, expect, it } from 'vitest';
import { environmentOf, interpolate, ourServices, readComposeFile, ROOT } from './compose-file.ts';

const services = readComposeFile();
const exampleVariables = readFileSync(join(ROOT, 'infra/deploy/example.env'), 'utf8')
  .split('\n')
  .flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);

describe('docker-compose.yml', () => {
  it('runs each of our services with its own command', () => {
    expect(ourServices().map(([name]) => name)).toEqual(expect.arrayContaining([...SERVICES]));
    for (const [name, service] of ourServices()) expect(service.command).toEqual(['node', 'infra/src/service.ts', name]);
  });

  it.each(Object.entries(services))('gives %s a health check and limits', (_, service) => {
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(service.deploy?.resources?.limits).toEqual({
      cpus: expect.stringMatching(/^\d+\.\d+$/),
      memory: expect.stringMatching(/^\d+[MG]$/),
    });
  });

  it('keeps what BullMQ stores in Redis', () => {
    const command = services['redis']?.command?.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
  });

  it('runs Kafka in KRaft mode, in the version that the tests use', () => {
    const kafka = services['kafka'];
    expect(kafka?.environment?.['KAFKA_PROCESS_ROLES']).toBe('broker,controller');
    const tested = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)/.exec(
      readFileSync(join(ROOT, 'infra/native/pom.xml'), 'utf8'),
    )?.[1];
    expect(kafka?.image).toBe(`apache/kafka:${tested}`);
  });

  it('asks for no variable that the example does not list', () => {
    const asked = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').matchAll(/\$\{(\w+)/g);
    expect(exampleVariables).toEqual(expect.arrayContaining([...asked].map((match) => match[1])));
  });

  it('names servers that are services of the same file', () => {
    const variables = Object.fromEntries(exampleVariables.map((name) => [name, 'x'.repeat(16)]));
    for (const [, service] of ourServices()) {
      for (const [name, value] of Object.entries(environmentOf(service, variables))) {
        const host = /^(?:KAFKA_BROKERS|\w+_URL)$/.test(name) ? hostOf(value) : undefined;
        if (host !== undefined && name !== 'PUBLIC_URL') expect(Object.keys(services), name).toContain(host);
      }
    }
  });
});

describe('interpolation', () => {
  it('fills in values, defaults and the empty string', () => {
    expect(interpolate('a ${X} ${Y:-y:1} ${Z}', { X: '1' })).toBe('a 1 y:1 ');
  });

  it('names the required variable that is missing', () => {
    expect(() => interpolate('${KEY:?set it}', {})).toThrow('KEY: set it');
  });
});

function hostOf(value: string): string | undefined {
  return new URL(value.includes('://') ? value : `tcp://${value}`).hostname;
}
