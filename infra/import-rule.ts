import { posix } from 'node:path';

/** Which workspaces a workspace may import besides itself; a workspace that is not listed may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contracts: [],
  infra: ['contracts'],
  ingest: ['contracts', 'infra'],
  processors: ['contracts', 'infra'],
  bff: ['contracts', 'infra'],
  dashboard: ['contracts'],
  'agents-simulator': ['contracts'],
};

/**
 * The folders of a workspace's `src` that its other folders may import: what is shared there. Every other folder is a
 * feature, and features do not import each other; files directly in `src`, and the `main.ts` of a service, put them
 * together and may import all.
 */
const SHARED_FOLDERS: Record<string, readonly string[]> = {
  processors: ['engine'],
  bff: ['http', 'access', 'windows'],
};

/** Workspaces whose folders are features at all; infra's are ports that build on each other. */
const HAVE_FEATURES = ['ingest', 'processors', 'bff'];

const WORKSPACE_IMPORT = /^@fleetbeat\/([^/]+)(?:\/(.*))?$/;
/** Tests, and what only tests use. */
const TEST_FILE = /\.test\.ts$|\/testing\//;

/**
 * Why `file` (a path from the repository's root) must not import `specifier`, or null where it may. Packages from npm are
 * always allowed, but for contracts, which import the schema library alone. Tests may use infra's test servers and put the
 * features of their own workspace together.
 */
export function forbiddenImport(file: string, specifier: string): string | null {
  const from = workspaceOf(file);
  const target = targetOf(file, specifier);
  if (target === null) return from === 'contracts' && !TEST_FILE.test(file) ? foreignInContracts(specifier) : null;

  const to = workspaceOf(target);
  const allowed = MAY_IMPORT[from];
  if (from !== to) {
    if (allowed === undefined || allowed.includes(to)) return null;
    if (TEST_FILE.test(file) && target.startsWith('infra/src/testing/')) return null;
    return `${from} may import ${allowed.length === 0 ? 'no other workspace' : `only ${allowed.join(' and ')}`}, not ${to}`;
  }
  return siblingFeature(from, file, target);
}

/** The specifiers of all static and dynamic imports and re-exports in a source text. */
export function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\n]+)['"]/g)].map((match) => match[1] ?? '');
}

function foreignInContracts(specifier: string): string | null {
  return specifier === 'zod' || specifier.startsWith('zod/') ? null : 'contracts import only the schema library';
}

function siblingFeature(workspace: string, file: string, target: string): string | null {
  if (!HAVE_FEATURES.includes(workspace) || TEST_FILE.test(file)) return null;
  const from = featureOf(file);
  const to = featureOf(target);
  if (from === null || from === to || file.endsWith('/main.ts')) return null;
  if (to === null) return target.endsWith('/main.ts') ? 'main.ts imports the features, not the other way round' : null;
  return SHARED_FOLDERS[workspace]?.includes(to) === true ? null : `the feature ${from} must not import its sibling ${to}`;
}

/** `bff/src/agents/routes.ts` belongs to the feature `agents`; `bff/src/main.ts` to none. */
function featureOf(path: string): string | null {
  const [, src, folder, ...rest] = path.split('/');
  return src === 'src' && folder !== undefined && rest.length > 0 ? folder : null;
}

function workspaceOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** The path from the repository's root that a specifier means, or null for a package from outside. */
function targetOf(file: string, specifier: string): string | null {
  const workspace = WORKSPACE_IMPORT.exec(specifier);
  if (workspace !== null) return posix.join(workspace[1] ?? '', 'src', workspace[2] ?? '');
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : null;
}
