import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError, type Options } from './options.ts';
import { BUNDLED_TRACE } from './trace.ts';

function options(line: string, env: Record<string, string> = {}): Options {
  const parsed = parseOptions(line.split(' ').filter(Boolean), env);
  if (parsed === 'help') throw new Error('help was not asked for');
  return parsed;
}

function mistakes(line: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseOptions(line.split(' '), env);
  } catch (error) {
    if (error instanceof UsageError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('parseOptions', () => {
  it('replays the bundled trace live, without end, through the local gateway where nothing is said', () => {
    expect(options('')).toMatchObject({
      trace: BUNDLED_TRACE,
      speed: 1,
      durationMs: undefined,
      via: 'http',
      url: 'http://127.0.0.1:4318',
      api: 'http://127.0.0.1:3000',
      verify: false,
    });
  });

  it('makes load of its own where a rate or a duration is given', () => {
    expect(options('--rate 2000 --duration 60')).toMatchObject({ trace: null, rate: 2_000, durationMs: 60_000 });
    expect(options('--duration 2.5')).toMatchObject({ trace: null, rate: 100, durationMs: 2_500 });
  });

  it('takes addresses and the key from the environment, and prefers flags', () => {
    const env = { INGEST_URL: 'http://in/', PUBLIC_URL: 'https://out', FLEETBEAT_ADMIN_KEY: 'secret', FLEETBEAT_DATA: '/data' };
    expect(options('', env)).toMatchObject({ url: 'http://in', api: 'https://out', key: 'secret' });
    expect(options('', env).dataDirs[0]).toBe('/data');
    expect(options('--url http://x --key k', env)).toMatchObject({ url: 'http://x', key: 'k' });
  });

  it('has a fleet work where --work is given', () => {
    expect(options('').work).toBeNull();
    expect(options('--work')).toMatchObject({ agents: 200, work: { tasks: 10_000, leaseSeconds: 10 }, verifyTimeoutMs: 900_000 });
    expect(options('--work --tasks 5 --lease 2 --agents 3')).toMatchObject({ agents: 3, work: { tasks: 5, leaseSeconds: 2 } });
    expect(mistakes('--work --rate 5 --verify --lease 0')).toHaveLength(3);
    expect(mistakes('--tasks 5')).toEqual(['--tasks: goes with --work']);
  });

  it.each([
    ['2026-11-21T10:00:00Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00:00.250+01:00', Date.UTC(2026, 10, 21, 9) + 250],
    ['1795255200000', 1_795_255_200_000],
  ])('reads --end %s', (end, expected) => {
    expect(options(`--speed max --end ${end}`).end).toBe(expected);
  });

  it('lists every mistake at once', () => {
    expect(
      mistakes('--agents 0 --rate fast --speed warp --end yesterday --via pigeon --url ftp://x --nope extra --seed').length,
    ).toBe(9);
  });

  it.each([
    ['--via kafka', 'KAFKA_BROKERS'],
    ['--trace-only --rate 5', '--trace-only'],
    ['--speed max --rate 5', '--duration'],
    ['--speed 2 --rate 5', '--rate'],
    ['--late', '--late'],
    ['--late --duration 5 --agents 9', '--agents'],
    ['--follow', '--follow'],
    ['--fleet', '--fleet'],
    ['--as Ann', '--as'],
    ['--as demo --verify', '--as'],
    ['--end 2026-11-21T10:00:00', '--end'],
    ['--verify=yes', '--verify'],
    ['--trace /no/such/file', '--trace'],
  ])('refuses %s', (line, about) => {
    expect(mistakes(line).join('\n')).toContain(about);
  });

  it('explains itself', () => {
    expect(parseOptions(['--help', '--nope'], {})).toBe('help');
  });
});
