import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NotAvailable, programOf } from './debian-package.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const CACHE = join(import.meta.dirname, '../../.cache');

/**
 * The folder that holds the broker's jars, as named by pom.xml; Maven fetches them on first use and whenever pom.xml has
 * changed. Throws NotAvailable when they cannot be had.
 */
export async function kafkaJars(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `kafka-${version}`);
  if (existsSync(folder)) return folder;

  const maven = await programOf('maven', '/usr/bin/mvn');
  mkdirSync(CACHE, { recursive: true });
  // Two processes may fetch at once, and either may be stopped half-way: only a complete folder gets the name.
  const partial = `${folder}.${process.pid}`;
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`, '-DincludeScope=runtime'];
  try {
    await promisify(execFile)(maven, ['-B', '-q', '-f', POM, ...goal], { timeout: 600_000, maxBuffer: 1 << 26 });
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw new NotAvailable(`Maven could not fetch Kafka: ${String(error).slice(-800)}`);
  }
  return folder;
}
