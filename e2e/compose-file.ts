import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '..');

export interface ComposeService {
  command?: string[];
  /** Present on the services that are ours. */
  build?: unknown;
  image?: string;
  environment?: Record<string, string | number | boolean | null>;
  healthcheck?: { test: string[] };
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}

/** docker-compose.yml with its anchors and merge keys resolved and every `${VARIABLE}` still in place. */
export function readComposeFile(): Record<string, ComposeService> {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  return (parse(text, { merge: true }) as { services: Record<string, ComposeService> }).services;
}

/** The services that run our own code. */
export function ourServices(): [name: string, service: ComposeService][] {
  return Object.entries(readComposeFile()).filter(([, service]) => service.build !== undefined);
}

/**
 * The environment of a service as Compose would hand it over: `${NAME}`, `${NAME:-default}` and `${NAME:?message}` filled in
 * from `variables`. Throws where a required one is missing.
 */
export function environmentOf(service: ComposeService, variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolate(String(value ?? ''), variables)]),
  );
}

export function interpolate(text: string, variables: Record<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = variables[name] ?? '';
      if (value !== '') return value;
      if (kind === '?') throw new Error(`${name}: ${rest}`);
      return kind === '-' ? (rest ?? '') : '';
    },
  );
}
